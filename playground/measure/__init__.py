"""Measuring: what is asked of a run, how it is answered, and what it says about the network's health."""
