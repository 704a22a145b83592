"""The controls of the data."""
