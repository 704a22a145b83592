"""The drawing of the network: `view` puts it together, `diagram` says where things stand, `widget` is what the mouse
and the keyboard work on, `drawing`, `tiles`, `strokes` and `thumbnails` paint, `parameter_editing` edits a weight or a
bias; `shown` is all of it as data.
"""
