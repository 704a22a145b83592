"""The response of one setting: the outcome over its values."""
