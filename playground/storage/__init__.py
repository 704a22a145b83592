"""Runs on disk: documents, and recovery of unsaved work after a crash."""
