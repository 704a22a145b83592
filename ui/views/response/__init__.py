"""What the experiment comes to with other values of the setting in hand."""
