"""The compiled engine: the textbook's loops, compiled by Numba for one network at a time."""
