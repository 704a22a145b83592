"""The decision boundary: `view` puts it together, `picture` computes what its colours show, `layers_on_plane` draws
the field, `points` the points, `modes` the controls, `words` the texts; `shown` holds all of it as data.
"""
