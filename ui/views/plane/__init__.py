"""What all pictures of the plane share: axes, the field, marks, legend and answers in words."""
