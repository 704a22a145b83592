"""What keeps the window alive: caught exceptions, and garbage collected on the right thread."""
