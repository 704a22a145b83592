"""Exports: the network and all that belongs to it in forms that other programs use.

`formats.py` lists them and is the one place to add another; `proof.py` runs an exported file again, in a process of
its own, and measures how far its predictions are from the engine's.
"""
