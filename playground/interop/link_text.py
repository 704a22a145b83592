"""Recovering a link from a text, as it was before mail, chat or a web page rewrote it.

These break and quote lines, encode characters, and put brackets, quotes, full stops and invisible characters around a
link. A link that can't be restored for certain is refused, because half a link describes another experiment.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from urllib.parse import unquote

from playground.files.errors import InputError

HOST = "playground.tensorflow.org"
LONGEST_LINK = 10_000

_INVISIBLE = dict.fromkeys(
    [0xAD, 0x61C, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF]
)
_SCHEME = r"https?(?::|%(?:25)*3A)(?:/|%(?:25)*2F){1,3}"
# It matches neither a longer name that begins like the host's, nor a user's name in front of another host.
_HOST = rf"(?:www\.)?{re.escape(HOST)}(?::\d+)?(?![\w@\\-]|[.:][^\s.,;:!?)\]}}>\"'])"
_ADDRESS = re.compile(rf"(?<![\w.@/\\%=?&,;\t-])(?:{_SCHEME})?{_HOST}", re.IGNORECASE)
_INSIDE = re.compile(rf"(?<=[?&\n])\w+=({_SCHEME}{_HOST})", re.IGNORECASE)
"""A link that is a parameter of another link, as mail filters write it, or a line of a shortcut file."""
_TARGET = re.compile(r"[^\s\]]*\]\(([^\s)]+)")
_ROW = re.compile(r"^[^=&\n]*\d *[,;\t] *[-+.]?\d[^=&\n]*$", re.MULTILINE)
"""A line of a table: two numbers with a separator between them."""
_OTHER_SITE = re.compile(r"https?:\S*", re.IGNORECASE)
_END = re.compile(r"[<>\"“”„«»`]|\]\(")
_ENCODED = re.compile(r"%(?:25)*(?:3D|26|23)", re.IGNORECASE)
_SEED = re.compile(r"(?<![^&#])seed=[^&]*")
_NAMED = re.compile(r"&(?:#\w+|\w+);")


def link_in(text: str, values: Mapping[str, tuple[str, ...]]) -> str | None:
    """The link in a text, or None; a complete link to another site is returned as it is.

    `values` maps every key of links to its allowed values, or to an empty tuple if any value is allowed. A text that
    begins with # counts only if it is nothing but a link. Raises InputError for a link that is in pieces.
    """
    if len(text) > 4 * LONGEST_LINK:
        text = text.strip()
        return text if re.match(rf"https?:|{_HOST}", text, re.IGNORECASE) else None
    text = _without_marks_of_mail(text)
    if text.startswith(("#", "%23")):
        return _bare_link(text, values)
    found = _ADDRESS.search(text)
    inside = None if found else _INSIDE.search(text)
    if found is None and inside is None:
        return text if _OTHER_SITE.fullmatch(text) else None
    start = found.start() if found is not None else inside.start(1) if inside is not None else 0
    return _link_at(text, start, values, is_parameter=found is None)


def _without_marks_of_mail(text: str) -> str:
    """Remove what mail and web pages add to a text: the > of quoted replies, entities, soft line breaks."""
    text = text.translate(_INVISIBLE)
    text = re.sub(r"(\A|\r\n?|[\n\x85\u2028\u2029])[ \t]*(?:>[ \t]?)+", r"\1", text)
    # Quoted-printable: every = is written as =3D, and one at the end of a line only breaks the line.
    if len(re.findall(r"=3D|=[ \t]*[\r\n]", text)) > 1 and not re.search(r"=(?!3D|[ \t]*[\r\n])", text):
        text = re.sub(r"=[ \t]*(\r\n?|\n)", "", text).replace("=3D", "=")
    while (plain := _NAMED.sub(lambda found: html.unescape(found.group()), text)) != text:
        text = plain
    # &regDataset begins like the entity &reg; of this character.
    return re.sub("®(?=Dataset|ularization)", "&reg", text).strip()


def _bare_link(text: str, values: Mapping[str, tuple[str, ...]]) -> str | None:
    """The link if a text is nothing but a link from its # on; None for a heading, a tag or a remark on a table."""
    first, *rest = text.split()
    if _ROW.search(text):
        return None
    link, left = _join(first, rest, values)
    link = "#" + _decode_settings(
        _without_punctuation(link).partition("#")[2] if link.startswith("#") else unquote(link)[1:]
    )
    pairs = [part.split("=") for part in link[1:].split("&") if part]
    if left or any(len(pair) > 2 or not pair[0] for pair in pairs):
        return None
    known = [pair[0] for pair in pairs if len(pair) == 2 and _is_certain(pair[0], pair[1], values)]
    all_known = all(pair[0] in values for pair in pairs)
    return link if link == "#" or (known and (all_known or not rest)) else None


def _is_certain(key: str, value: str, values: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether a key and its value can only come from a link; a pair such as x=3 may be anything."""
    return key in values and (len(key) > 1 or value in values[key])


def _link_at(text: str, start: int, values: Mapping[str, tuple[str, ...]], *, is_parameter: bool) -> str | None:
    """The link that begins at a position of a text; None if it only occurs in a remark on a table."""
    before = text[:start]
    if re.search(r"\w", before) and not is_parameter and _ROW.search(text):
        return None
    first, *words = _within_its_marks(before, text[start:]).split()
    link, left = _join(first, words, values)
    if before.endswith("<"):
        # Chat programs put the text of a link behind it.
        link = link.partition("|")[0]
    elif before[-1:] in ("*", "_", "~"):
        link = link.rstrip(before[-1])
    if link.endswith(("…", "...")) or any(f"{key}=" in word for word in left for key in values):
        raise _in_pieces(link)
    scheme = re.match(_SCHEME, link, re.IGNORECASE)
    if scheme and "%" in scheme.group():
        link = _decode_until(link.partition("&")[0], lambda text: "%" not in text[:10])
    elif is_parameter and "#" not in link:
        link = link.partition("&")[0]
    address, sign, said = _decode_until(_without_punctuation(link), lambda text: "#" in text).partition("#")
    if not sign and any(f"{key}=" in address for key in values):
        raise InputError("link", link, f"followed by settings after a #, as in https://{HOST}/#seed=1")
    return f"https://{HOST}/#{_decode_settings(said)}"


def _within_its_marks(before: str, rest: str) -> str:
    """The text from the beginning of a link to the bracket, quote or end of text that closes it."""
    closed = rest.find(">")
    if before.endswith("<") and closed > 0 and "|" not in rest[:closed]:
        return "".join(rest[:closed].split())
    if (target := _TARGET.match(rest)) and _ADDRESS.match(target[1]):
        # In Markdown, the text in front of the target may be a shortened link.
        rest = target[1]
    return _END.split(rest, maxsplit=1)[0]


def _decode_until(text: str, is_raw: Callable[[str], bool]) -> str:
    """A text URL-decoded until `is_raw` accepts it; unchanged if it never does."""
    decoded = text
    for _ in range(4):
        if is_raw(decoded):
            return decoded
        decoded = unquote(decoded)
    return text


def _decode_settings(said: str) -> str:
    """The settings of a link, decoded while their =, & or # are encoded; a seed may contain such encodings itself."""
    for _ in range(4):
        if not _ENCODED.search(_SEED.sub("", said)):
            break
        said = unquote(said)
    return said


def _without_punctuation(link: str) -> str:
    """A link without the punctuation of the sentence around it. A shape such as 4,2, keeps its comma."""
    while link:
        last, key = link[-1], link.rpartition("&")[2].rpartition("#")[2]
        opening = {")": "(", "]": "[", "}": "{"}.get(last)
        if last == "," and key.startswith("networkShape="):
            break
        if not (last in ".,;:!?’'" or (opening and link.count(opening) < link.count(last))):
            break
        link = link[:-1]
    return link


def _join(link: str, words: list[str], values: Mapping[str, tuple[str, ...]]) -> tuple[str, list[str]]:
    """Join a link that was broken into words; returns the link and the words that don't belong to it."""
    for number, word in enumerate(words):
        if not _continues(link, word, values):
            return link, words[number:]
        link += word
    return link, []


def _continues(link: str, word: str, values: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether a word is the next piece of a link. Raises InputError if that can't be told."""
    if "://" in word or HOST in word.lower():
        return False
    said = link.partition("#")[2]
    last, head = said.rpartition("&")[2], word.partition("&")[0]
    key, sign, value = last.partition("=")
    if "#" not in link:
        return word.startswith("#") or (link.endswith("/") and "=" in word) or bool(_ENCODED.search(word))
    if word.startswith("&") or _ENCODED.search(word):
        return True
    if "=" in word:
        return ("=" in head) != bool(sign)
    if key in values and value not in values[key] and f"{value}{_without_punctuation(word)}" in values[key]:
        return True
    if sign and not values.get(key) and re.match(r"[\d.,]*\d", word):
        # The word may be the rest of a number, or the next word of the sentence.
        raise _in_pieces(link)
    return False


def _in_pieces(link: str) -> InputError:
    return InputError("link", link, "in one piece; this one continues after a space or on another line")
