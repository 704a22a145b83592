"""The drawing of the network: `view` puts it together, `diagram` says where things stand, `canvas` is what the mouse
and the keyboard work on, `drawing`, `tiles`, `strokes` and `thumbnails` paint.
"""
