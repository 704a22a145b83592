"""Measurements of a run: snapshots, requests and their answers, statistics, and the diagnosis."""
