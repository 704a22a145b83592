"""`describe` prints what the declarations say, of every family, member and setting."""

from __future__ import annotations

import json

import pytest

from playground.catalog.choice import kind_of, members
from playground.catalog.features import FEATURES
from playground.catalog.optimizers import Optimizer
from playground.cli.describe import description, schema
from playground.experiment.declarations import fields_of
from playground.files.errors import InputError
from playground.interop.opening import preset_paths
from tests.catalog.test_declarations import FAMILIES


def words_of(*subject: str) -> str:
    """The description in one line, without the breaks of its lines."""
    return " ".join(" ".join(description(*subject)).split())


def test_everything_is_listed() -> None:
    text = words_of()
    for family in FAMILIES:
        for kind in members(family):
            assert kind in text
    assert all(name in text for name in FEATURES)
    assert "training.learning_rate a number from 0 to 1,000,000,000; default 0.01" in text


@pytest.mark.parametrize("member", members(Optimizer).values())
def test_a_member_is_described_with_all_its_settings(member: type[Optimizer]) -> None:
    assert kind_of(member) in words_of("optimizer")
    text = words_of("optimizer", kind_of(member))
    assert " ".join(member.formula.split()) in text
    for name, field in fields_of(member).items():
        assert f"training.optimizer.{name}: {field.label} {' '.join(field.help.split())} {field.allowed}" in text


@pytest.mark.parametrize("path", ["training.learning_rate", "learning_rate"])
def test_a_setting_is_found_by_its_path_or_its_name(path: str) -> None:
    assert words_of(path).startswith("training.learning_rate: Learning rate η How far each update")


@pytest.mark.parametrize("path", ["layers.units", "layers.0.units", "layers[3].units"])
def test_layers_need_no_number(path: str) -> None:
    assert words_of(path).startswith("layers.units: Units")


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        (("optimzer",), "FAMILY must be a name like optimizer"),
        (("optimizer", "adm"), "KIND must be a name like adam"),
        (("learning_rate", "adam"), "left out after learning_rate"),
        (("zzz",), "one of data, activation"),
    ],
)
def test_what_is_not_declared_is_refused_with_what_is_near(subject: tuple[str, ...], words: str) -> None:
    with pytest.raises(InputError) as refused:
        description(*subject)
    assert words in str(refused.value)


def test_the_schema_knows_every_field_and_every_bare_name() -> None:
    found = schema()
    properties = found["$defs"]["Experiment"]["properties"]
    for path in preset_paths().values():
        raw = json.loads(path.read_text("utf-8"))
        assert set(raw) <= set(properties)
    assert found["$defs"]["Experiment"]["required"] == ["version"]
    optimizers = found["$defs"]["Training"]["properties"]["optimizer"]["anyOf"]
    assert {"enum": list(members(Optimizer))} in optimizers
