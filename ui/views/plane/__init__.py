"""Parts shared by all pictures of the plane: axes, the field, marks, the legend and answers in words."""
