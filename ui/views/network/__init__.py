"""The drawing of the network: `view` puts it together, `diagram` says where things stand, `widget` takes the mouse and
the keyboard, `drawing`, `tiles` and `strokes` paint, `weight_editor` edits a weight or a bias; `places` holds all of it
as data.
"""
