"""The tools that draw points on the plane."""
