"""The decision boundary: `view` puts it together, `arrangement` places its parts, `picture` and `layers_on_plane` are
the field, `points` and `picking` the points, `modes` the controls, `words` what is read; `shown` is all of it as data.
"""
