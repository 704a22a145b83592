"""Names of files that are made from titles: every file system takes them, and they still say what is inside."""

from __future__ import annotations

import ntpath
import os
from pathlib import Path, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.files.names import FORMATS, file_name, says_other_format


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Two spirals", "Two spirals.png"),
        ("  Two   spirals\t", "Two spirals.png"),
        ('a/b\\c:d*e?f"g<h>i|j', "a b c d e f g h i j.png"),
        ("line\nbreak\x00\x1b[31m", "line break [31m.png"),
        ("CON", "CON_.png"),
        ("nul", "nul_.png"),
        ("com1", "com1_.png"),
        ("LPT9.old", "LPT9_.old.png"),
        ("COM¹", "COM¹_.png"),
        ("Console", "Console.png"),
        ("comet", "comet.png"),
        ("ends with a point.", "ends with a point.png"),
        ("…", "….png"),
        ("...", "Untitled.png"),
        (".hidden", "hidden.png"),
        ("..", "Untitled.png"),
        ("", "Untitled.png"),
        ("///", "Untitled.png"),
        ("picture.png", "picture.png"),
        ("picture.PNG.png", "picture.png"),
        ("picture.csv", "picture.csv.png"),
        ("版本 2", "版本 2.png"),
        ("تجربة", "تجربة.png"),
        ("Cafe\u0301", "Café.png"),
        ("a\u200bb\ufeff\u202ec", "a b c.png"),
        ("💥 boom", "💥 boom.png"),
        ("x" * 500, "x" * 80 + ".png"),
        ("版" * 500, "版" * 60 + ".png"),
        ("x" * 79 + " y", "x" * 79 + ".png"),
    ],
)
def test_a_title_becomes_a_clean_name(title: str, name: str) -> None:
    assert file_name(title, ".png") == name


@given(st.text(max_size=300), st.sampled_from(FORMATS))
def test_every_title_gives_a_name_that_can_be_written(title: str, suffix: str) -> None:
    name = file_name(title, suffix)
    stem = name.removesuffix(suffix)
    assert name == file_name(stem, suffix)
    assert stem and stem == stem.strip(". ") and Path(name).name == name == PureWindowsPath(name).name
    assert Path(name).suffix == suffix and not stem.lower().endswith(suffix)
    assert len(os.fsencode(name)) < 200
    # Python 3.13 has a function for it, and warns of the method.
    is_reserved = getattr(ntpath, "isreserved", None) or (lambda name: PureWindowsPath(name).is_reserved())
    assert not is_reserved(name)


def test_a_name_that_says_another_format_is_noticed() -> None:
    assert says_other_format("net.svg", ".png") and says_other_format("net.PDF", ".png")
    assert not says_other_format("net.png", ".png") and not says_other_format("net.PNG", ".png", ".svg")
    assert not says_other_format("net.final", ".png") and not says_other_format("net", ".png")
