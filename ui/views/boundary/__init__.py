"""The decision boundary: `view` puts it together, `plane` is what the mouse moves over, `picture` and `drawn` the
field, `points` the points, `modes` the controls.
"""
