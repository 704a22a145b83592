"""Names of files: valid ones made from titles, and names whose extension belongs to another format."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePath

FORMATS = (
    ".bmp", ".csv", ".eps", ".gif", ".html", ".jpeg", ".jpg", ".json", ".npy", ".npz", ".onnx", ".pdf", ".playground",
    ".png", ".ps", ".pt", ".pth", ".py", ".svg", ".tif", ".tiff", ".tsv", ".txt", ".webp", ".xlsx", ".zip",
)  # fmt: skip
"""File name extensions of known formats."""
_MOST_CHARACTERS, _MOST_BYTES = 80, 180
"""Limits of a name without its suffix; file systems allow 255 bytes, and names of copies need a few more."""
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])(?=\.|$)", re.IGNORECASE)
"""Names of devices on Windows, with or without an extension."""


def file_name(title: str, suffix: str, fallback: str = "Untitled") -> str:
    """A file name that every file system allows, made from a title: "Two spirals" → `Two spirals.playground`."""
    stem = unicodedata.normalize("NFC", "".join(sign if sign.isprintable() else " " for sign in title))
    stem = _trim(_FORBIDDEN.sub(" ", stem), suffix)[:_MOST_CHARACTERS]
    while len(stem.encode(errors="replace")) > _MOST_BYTES:
        stem = stem[:-1]
    stem = _trim(stem, suffix) or fallback
    device = _RESERVED.match(stem)
    return f"{device[1]}_{stem[device.end() :]}{suffix}" if device else f"{stem}{suffix}"


def _trim(stem: str, suffix: str) -> str:
    """A name without blanks and dots at its ends and without `suffix`, which is added later."""
    stem = " ".join(stem.split()).strip(". ")
    while suffix and stem.lower().endswith(suffix.lower()):
        stem = stem[: -len(suffix)].strip(". ")
    return stem


def says_other_format(path: PurePath | str, *suffixes: str) -> bool:
    """Whether a name has the extension of a known format other than `suffixes`."""
    suffix = PurePath(path).suffix.lower()
    return suffix in FORMATS and suffix not in suffixes
