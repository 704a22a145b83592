"""Trains every preset of the gallery and keeps what its picture shows: `python -m tools.thumbnails [NAME …]`.

Without names all are trained, which takes a minute; with names, only these, and the others stay.
"""

from __future__ import annotations

import sys

from playground.files.atomic import write_atomically
from playground.interop.gallery import THUMBNAILS, gallery_groups, thumbnail_bytes, thumbnail_fields, trained_field


def main(names: list[str]) -> int:
    """Train, and write the file."""
    fields = thumbnail_fields() if names else {}
    for group in gallery_groups():
        for preset in group.presets:
            if not names or preset.name in names:
                print(preset.name, flush=True)
                fields[preset.name] = trained_field(preset)
    write_atomically(THUMBNAILS, thumbnail_bytes(fields))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
