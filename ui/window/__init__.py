"""The window: `window` puts all together, `parts` are its panels and pictures, `desk` is what everything works with.

`presenter` and `wiring` connect the parts with the session, `actions` is the table of what menus, shortcuts and palette
offer, `documents` and `autosave` are what is opened, saved and found again, `sharing`, `exports`, `picture_saver` and
`animation_dialog` what goes in and out besides.
"""
