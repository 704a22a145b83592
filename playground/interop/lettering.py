"""Text in pictures that are drawn without a display, in a font that has its characters.

Pillow's own font covers little more than English. For other characters the fonts of the system are searched; those
that no font has are drawn as question marks, and `lettering_notes` says so.
"""

from __future__ import annotations

import os
import re
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

from PIL import ImageDraw, ImageFont, features

from playground.files.errors import one_line

_LONGEST = 300
_MOST_FILES = 5000
_SUFFIXES = (".ttf", ".otf", ".ttc")
_PREFERRED = (
    "dejavusans|notosans-regular|liberationsans-regular|arial|segoeui|helvetica|arialuni|arial unicode",
    "notosanscjk-regular|notosanscjk|sourcehansans|msyh|pingfang|hiragino|wqy|droidsansfallback|simsun|malgun|yugoth",
    "notosansarabic-regular|notonaskharabic|geezapro|tahoma|notosansdevanagari|nirmala|kohinoor|notosans",
)
"""Patterns for file names of common fonts: for European scripts, for Chinese, Japanese and Korean, and for others."""
_UNUSUAL = re.compile("bold|italic|oblique|mono|condensed|serif|thin|light|black|emoji|symbol|math|icon", re.IGNORECASE)
_PLAIN = {"−": "-", "–": "-", "×": "x", "·": ".", "’": "'"}
_SAMPLE_SIZE = 20
_NO_SIGN = "\U0010ffff"


@cache
def font_for(text: str, size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """The font that has all characters of a text, or else the most of them, `size` pixels high."""
    path = _path_for("".join(sorted(set(text))))
    return ImageFont.truetype(path, size) if path else ImageFont.load_default(size)


def write_text(
    draw: ImageDraw.ImageDraw,
    at: tuple[float, float],
    text: str,
    size: int,
    fill: str,
    anchor: str = "la",
    width: float | None = None,
) -> float:
    """Draw a text on one line, cut to `width` pixels if that is given; returns its width in pixels."""
    text = one_line(text, _LONGEST)
    font = font_for(text, size)
    missing = _missing("".join(sorted(set(text))))
    text = "".join(_plain_sign(sign) or "?" if sign in missing else sign for sign in text)
    if width is not None and draw.textlength(text, font) > width:
        while text and draw.textlength(f"{text}…", font) > width:
            text = text[:-1]
        text = f"{text}…"
    draw.text(at, text, fill=fill, font=font, anchor=anchor)
    return draw.textlength(text, font)


def lettering_notes(texts: Sequence[str]) -> tuple[str, ...]:
    """Notes, in sentences, on what can't be drawn of some texts."""
    signs = "".join(sorted(set("".join(one_line(text, _LONGEST) for text in texts))))
    notes = []
    missing = {sign for text in texts for sign in _missing("".join(sorted(set(one_line(text, _LONGEST)))))}
    if shown := "".join(sorted(sign for sign in missing if not _plain_sign(sign))):
        notes.append(
            f"No font on this computer has the characters {one_line(shown, 20)}, so the picture shows question marks. "
            "Install one that has them, such as Noto Sans, Noto Sans CJK or Noto Sans Arabic."
        )
    if not _can_write_leftwards() and any(unicodedata.bidirectional(sign) in ("R", "AL") for sign in signs):
        notes.append(
            "Right-to-left text appears in the wrong order in the picture, since the library FriBiDi is not installed."
        )
    return tuple(notes)


def _plain_sign(sign: str) -> str:
    """An ASCII equivalent of a character, such as 1 for ₁ and - for −; empty if there is none."""
    plain = _PLAIN.get(sign) or unicodedata.normalize("NFKC", sign)
    return plain if plain.isascii() else ""


def _can_write_leftwards() -> bool:
    """Whether Pillow can write right-to-left scripts and join their letters."""
    return bool(features.check("raqm") and features.check("fribidi"))


@cache
def _path_for(signs: str) -> str:
    """The file of a font that has all these characters, or else the most of them; empty for Pillow's own font."""
    best, fewest = "", _number_missing("", signs)
    for path in _fonts() if fewest else ():
        missing = _number_missing(path, signs)
        if missing < fewest:
            best, fewest = path, missing
        if not fewest:
            break
    return best


@cache
def _missing(signs: str) -> frozenset[str]:
    """The characters among `signs` that the font for them lacks."""
    path = _path_for(signs)
    return frozenset(sign for sign in signs if not _has(path, sign))


def _number_missing(path: str, signs: str) -> int:
    return sum(not _has(path, sign) for sign in signs)


@cache
def _has(path: str, sign: str) -> bool:
    """Whether a font has a character: it is blank, combining, or drawn unlike a character that no font has."""
    if unicodedata.category(sign) in ("Zs", "Cf", "Mn", "Me", "Cc"):
        return True
    font = _sample(path)
    if font is None:
        return False
    mask, none = font.getmask(sign), font.getmask(_NO_SIGN)
    return (mask.size, bytes(mask)) != (none.size, bytes(none))


@cache
def _sample(path: str) -> ImageFont.FreeTypeFont | ImageFont.ImageFont | None:
    """The font in a file, for testing which characters it has; None for a file that holds no scalable font."""
    with suppress(OSError, ValueError):
        return ImageFont.truetype(path, _SAMPLE_SIZE) if path else ImageFont.load_default(_SAMPLE_SIZE)
    return None


@cache
def _fonts() -> tuple[str, ...]:
    """The system's font files, the preferred ones first."""
    found = []
    for path in _files():
        name = path.stem.lower()
        rank = next((k for k, names in enumerate(_PREFERRED) if re.match(names, name)), len(_PREFERRED))
        order = [k for k, known in enumerate("|".join(_PREFERRED).split("|")) if name.startswith(known)]
        found.append((bool(_UNUSUAL.search(name)), rank, min(order, default=99), len(name), str(path)))
    return tuple(path for *_, path in sorted(found))


def _files() -> Iterator[Path]:
    """Yield the font files in `font_folders`, up to a limit."""
    count = 0
    for folder in font_folders():
        for parent, _, names in os.walk(folder):
            for name in names:
                if name.lower().endswith(_SUFFIXES):
                    yield Path(parent, name)
                    count += 1
            if count > _MOST_FILES:
                return


def font_folders() -> list[Path]:
    """The folders in which the system and the user keep fonts."""
    home = Path.home()
    if sys.platform == "win32":
        local = Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local"))
        return [Path(os.environ.get("WINDIR", "C:/Windows")) / "Fonts", local / "Microsoft" / "Windows" / "Fonts"]
    if sys.platform == "darwin":
        return [Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library" / "Fonts"]
    shared = os.environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    own = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    return [own / "fonts", home / ".fonts", *(Path(one) / "fonts" for one in shared.split(":") if one)]
