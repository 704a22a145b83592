"""Which classes are predicted as which."""
