"""A run: what is trained, where it stands, what was seen, and how a change carries over."""
