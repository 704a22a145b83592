"""Whatever an experiment declares has its control in some panel, named, explained and reachable."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args, get_origin

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel, QLineEdit, QSlider, QWidget

from playground import Experiment, Layer, check
from playground.catalog.activations import Tanh
from playground.catalog.datasets.base import Adjustable, Dataset
from playground.catalog.datasets.shapes import Circle
from playground.experiment.declarations import Field, choices_of, fields_of, is_struct
from playground.experiment.paths import value_at, with_value
from playground.files.layout import Reading
from playground.interop.opening import RESOURCES
from ui.forms.buttons import IconButton
from ui.look import theme
from ui.panels.data.panel import DataPanel
from ui.panels.layers.panel import LayersPanel
from ui.panels.training import TrainingPanel

WITHOUT = {
    "version": "the program sets it",
    "name": "the window's title and menu have it",
    "layers": "the stack of cards is its control",
    "layers.0.id": "given by the panel",
    "training": "its fields have rows of their own",
    "features": "the tiles are its controls",
    "data": "the gallery is its control",
    "data.train": "the picture of the points is its control",
    "data.test": "the picture of the points is its control",
    "data.class_names": "the panel that draws points is its control",
    "data.column_names": "they come with cells that are pasted",
    "data.axis_scales": "they come with cells that are pasted",
    "data.path": "a table is chosen by opening a file",
    "data.x1": "a table is chosen by opening a file",
    "data.x2": "a table is chosen by opening a file",
    "data.target": "a table is chosen by opening a file",
    **{f"data.{name}": "asked where a table is opened" for name in Reading._fields},
}
CONTROLS = (QLineEdit, QComboBox, QAbstractButton, QSlider)


def walk(struct: type[msgspec.Struct], path: str = "") -> Iterator[tuple[str, Field, dict[str, Any]]]:
    """Every declared field with its path, and what must be chosen for it to exist."""
    for name, field in fields_of(struct).items():
        here = f"{path}.{name}" if path else name
        yield here, field, {}
        if get_origin(field.type) is tuple and is_struct(get_args(field.type)[0]):
            yield from walk(get_args(field.type)[0], f"{here}.0")
        for member in choices_of(field.type):
            for inner, inner_field, chosen in walk(member, here):
                yield inner, inner_field, {here: member, **chosen}
        if is_struct(field.type) and not choices_of(field.type):
            for inner, inner_field, chosen in walk(field.type, here):
                yield inner, inner_field, {here: field.type, **chosen} if field.optional else chosen


def case_name(case: tuple[str, Field, dict[str, Any]]) -> str:
    path, _, chosen = case
    return "-".join([path, *(kind.__name__ for kind in chosen.values())])


CASES = list(walk(Experiment))


@pytest.fixture(scope="module")
def panels(qapp) -> Iterator[list[Any]]:
    theme.apply(qapp, "light")
    panels = [DataPanel(), LayersPanel(), TrainingPanel()]
    yield panels
    for panel in panels:
        panel.deleteLater()


def show(panels: list[Any], experiment: Experiment) -> None:
    for panel in panels:
        panel.show_experiment(experiment)
        if isinstance(panel, LayersPanel):
            panel.complete()


def base(chosen: dict[str, Any]) -> Experiment:
    """An experiment in which the members that a field belongs to are chosen."""
    experiment = Experiment(data=Circle(), layers=(Layer(4, Tanh(), id="A"),))
    for path, kind in chosen.items():
        experiment = with_value(experiment, path, kind())
    return experiment


def controls(panels: list[Any], path: str) -> list[QWidget]:
    return [widget for panel in panels for widget in panel.findChildren(QWidget, path) if widget is not None]


@pytest.mark.parametrize("case", CASES, ids=case_name)
def test_every_declared_field_has_one_control_that_shows_it(panels: list[Any], case) -> None:
    path, field, chosen = case
    if path in WITHOUT:
        assert controls(panels, path) == []
        return
    experiment = base(chosen)
    show(panels, experiment)
    control, *others = controls(panels, path)
    assert not others
    assert control.accessibleName()
    assert field.help and field.help in control.accessibleDescription()
    assert control.toolTip()
    if isinstance(control, QLineEdit) and field.type in (int, float):
        value = value_at(experiment, path)
        assert control.text() == (control.parent().written(value))


@pytest.mark.parametrize("case", CASES, ids=case_name)
def test_every_number_is_edited_to_an_experiment_that_passes_its_check(qtbot, panels: list[Any], case) -> None:
    path, field, chosen = case
    if path in WITHOUT or field.type not in (int, float):
        return
    experiment = base(chosen)
    if isinstance(experiment.data, Dataset) and experiment.data.kind == "table":
        table = {
            "path": str(RESOURCES / "data" / "penguins.csv"),
            "x1": "bill_length_mm",
            "x2": "year",
            "target": "sex",
        }
        experiment = with_value(experiment, "data", msgspec.structs.replace(experiment.data, **table))
    if isinstance(experiment.data, Adjustable):
        # Otherwise the two shares could leave no points to train on.
        experiment = with_value(experiment, "data.validation_fraction", 0.05)
    show(panels, experiment)
    asked: list[Experiment] = []
    owner = next(panel for panel in panels if panel.findChild(QWidget, path) is not None)
    take = lambda new, title, changing: asked.append(new)  # noqa: E731 - kept to disconnect
    owner.edited.connect(take)
    row = controls(panels, path)[0].parent()
    assert row is not None
    ends = (row.quantity.at(0), row.quantity.at(1)) if row.quantity.span else ()
    for value in (*ends, row.quantity.beginning):
        row.show_value(None if field.optional else field.default)
        row.edits.make(value)
        assert value_at(check(asked[-1]), path) == value
    owner.edited.disconnect(take)


def test_nothing_is_on_the_list_that_has_a_control() -> None:
    assert set(WITHOUT) <= {path for path, _, _ in CASES}


def test_every_control_of_every_panel_is_named_and_explained(panels: list[Any]) -> None:
    show(panels, base({}))
    for panel in panels:
        for widget in panel.findChildren(QWidget):
            if isinstance(widget, CONTROLS) and widget.window() is panel:
                place = widget.objectName() or type(widget).__name__
                assert widget.accessibleName(), place
                assert widget.toolTip(), place
                assert widget.focusPolicy() & Qt.FocusPolicy.TabFocus, place


@pytest.mark.parametrize("case", CASES, ids=case_name)
def test_no_label_is_cut_off(panels: list[Any], case) -> None:
    path, _, chosen = case
    show(panels, base(chosen))
    # A button with a picture has no label.
    if path not in WITHOUT and not isinstance(controls(panels, path)[0], IconButton):
        label = next(panel.findChild(QLabel, f"{path}.label") for panel in panels if controls([panel], path))
        assert label.fontMetrics().horizontalAdvance(label.text()) <= label.maximumWidth()
