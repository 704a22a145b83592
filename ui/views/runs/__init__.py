"""Kept runs as a table."""
