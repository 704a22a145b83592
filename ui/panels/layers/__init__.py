"""The stack of layers and its cards."""
