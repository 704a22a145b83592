"""The window: everything that needs Qt. It shows experiments and snapshots and asks the session for changes."""
