"""Form rows made from declarations, and the controls they are made of."""
