"""Loss, accuracy, gradients and learning rate as tracks below each other, on one time axis.

`view` puts them together, `sheet` lays out and paints them, `track` says what a track is; each has a module of its own.
"""
