"""Runs on disk: documents, and work recovered after a crash."""
