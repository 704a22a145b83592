"""The microscope: `view` assembles it, `equations` makes its content, `sheet` paints."""
