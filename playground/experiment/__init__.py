"""The experiment, everything that a user chooses for a run: its declarations, rules, changes and files."""
