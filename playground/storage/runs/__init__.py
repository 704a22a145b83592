"""The store of runs: documents in a folder, an index that can be rebuilt from them, and what is read from both."""
