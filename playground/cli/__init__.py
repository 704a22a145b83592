"""The command line: its commands with their options and output."""
