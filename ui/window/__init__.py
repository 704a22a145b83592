"""The window: `window` assembles it, `window_parts` are its panels and pictures, `desk` is what all modules share.

`presenter` and `wiring` connect the parts with the session; `actions` is the table behind menus, shortcuts and palette;
`documents` and `autosave` open, save and recover; `sharing`, `exports`, `picture_saver` and `animation_dialog` serve
everything else that goes in or out.
"""
