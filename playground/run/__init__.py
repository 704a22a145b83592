"""Runs: the state of training and its record, the training loop, and changes to the experiment during training."""
