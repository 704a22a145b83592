"""The list of texts has what is shown, with its place, and leaves out what is none."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from playground.catalog.choice import Choice, members
from playground.cli.commands import COMMANDS, parser_of
from playground.experiment.declarations import fields_of
from playground.experiment.tree import Experiment, Training
from tools import texts
from tools.texts import Text

SAMPLE = '''
"""What a module is for is no text."""

from typing import Literal

NAMES: dict[str, Literal["some kind"]] = {"inner name": "Shown name", "key_only": "Another name"}


class Rate(Choice):
    """How far a step goes."""

    label = "Rate of learning"

    def words(self, steps: int) -> str:
        """Nobody reads this on the screen."""
        if self.kind == "not this one":
            button.setText("go")
            button.setObjectName("Object Name")
            button.setToolTip(f"Goes {steps} steps of {self.size:.2f}.")
            button.setStyleSheet("QLabel { color: red; }")
        raise InputError("rate", steps, f"at most {LIMIT}")


def helper() -> "Some Type":
    return getattr(value, "Some Name") + re.sub("not this", "nor this", "Result: ") + " and more"
'''


@pytest.fixture(scope="module")
def found() -> list[Text]:
    """All texts of the program."""
    return texts.texts()


@pytest.fixture(scope="module")
def missing(found: list[Text]) -> Callable[[Sequence[str]], list[str]]:
    return texts.unlisted(found)


def test_what_is_shown_is_listed_with_its_line_and_use_and_nothing_else() -> None:
    tree = ast.parse(SAMPLE)
    listed = {(text.line, text.use, text.text) for text in texts.texts_in("sample.py", tree, {"Choice", "Rate"})}
    assert listed == {
        (6, "NAMES", "inner name"),
        (6, "NAMES", "Shown name"),
        (6, "NAMES", "Another name"),
        (10, "help of Rate", "How far a step goes."),
        (12, "label", "Rate of learning"),
        (17, "setText", "go"),
        (19, "setToolTip", "Goes {steps} steps of {self.size}."),
        (21, "InputError", "rate"),
        (21, "InputError", "at most {LIMIT}"),
        (25, "returned by helper", " and more"),
    }


def test_every_line_is_where_its_text_stands(found: list[Text]) -> None:
    sources = {path: (texts.ROOT / path).read_text("utf-8").splitlines() for path in {text.path for text in found}}
    for text in found:
        first = re.findall(r"[^\W\d_]{2,}", " ".join(texts.parts_of(text.text)))[0]
        assert any(first in line for line in sources[text.path][text.line - 1 : text.line + 60]), text


def test_classes_below_choice_and_struct_show_their_docstrings(found: list[Text]) -> None:
    helps = {text.use for text in found if text.use.startswith("help of ")}
    families = [family for family in Choice.__subclasses__() if members(family)]
    assert len(families) >= 8
    for family in families:
        kinds = members(family).values()
        assert {f"help of {shown.__name__}" for shown in (family, *kinds)} <= helps


def test_every_label_and_help_of_an_experiment_is_listed(missing: Callable) -> None:
    shown = [
        words
        for struct in (Experiment, Training, *(kind for f in Choice.__subclasses__() for kind in members(f).values()))
        for field in fields_of(struct).values()
        # A field without a label of its own has its name for one.
        for words in (field.help, field.label if field.label != field.name.replace("_", " ").capitalize() else "")
    ]
    assert len([words for words in shown if words]) > 100
    assert missing(shown) == []


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_every_command_is_listed(name: str, missing: Callable) -> None:
    parser = parser_of(name)
    helps = [action.help or "" for action in parser._actions if action.dest != "help"]
    # What is to be typed has the paths of this machine.
    shown = [re.sub('"[^"]*"', " ", text) for text in (parser.description or "", parser.epilog or "", *helps)]
    assert missing(shown) == []


def test_the_presets_are_listed(found: list[Text]) -> None:
    names = {text.text for text in found if text.path.startswith(texts.PRESETS)}
    assert len(names) == len(list((texts.ROOT / texts.PRESETS).glob("*.json")))


def test_the_list_says_what_it_cannot_see_and_counts_what_it_does(
    found: list[Text], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "texts.txt"
    monkeypatch.setattr(texts, "texts", lambda: found)
    assert texts.main([str(file)]) == 0
    written = file.read_text("utf-8")
    assert texts.UNSEEN in written
    for text in found:
        assert f"{text.path}:{text.line}" in written
    assert len([text for text in found if text.group == "texts"]) > 700
