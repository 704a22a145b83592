"""Exports: the network, its training and its data in formats of other programs.

`formats.py` lists the formats and is the one place to add another; `proof.py` runs an exported file in a process of
its own and measures how far its predictions are from the engine's.
"""
