"""Tools for those who develop the program; no part of it."""
