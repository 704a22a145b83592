"""Formats of other programs: exports, pictures, links, weight files, and tables of points."""
