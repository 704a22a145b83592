"""The import dialog: what it understood, what a person corrects, and what comes of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLabel, QProgressBar

from playground import Experiment, check
from playground.catalog.datasets.base import MAX_OWN_POINTS, draw_sample
from playground.catalog.datasets.own_points import UserPoints, to_own_points
from playground.catalog.datasets.shapes import Moons
from playground.catalog.datasets.table import Table
from playground.interop.opening import RESOURCES
from playground.interop.point_text import to_csv
from tests.ui import hands
from ui.look import theme
from ui.panels.data import import_dialog
from ui.panels.data.import_dialog import PREVIEW_ROWS, READ_AT_ONCE, ImportDialog

PENGUINS = RESOURCES / "data" / "penguins.csv"
DISPLAY = Qt.ItemDataRole.DisplayRole


@pytest.fixture
def opened(qtbot, qapp: QApplication) -> Callable[[Path | str], ImportDialog]:
    """An import dialog on the screen."""
    # Dialogs of earlier tests that still wait to be deleted would be restyled with every theme.
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    theme.apply(qapp, "light")

    def put(source: Path | str) -> ImportDialog:
        dialog = ImportDialog(source)
        qtbot.addWidget(dialog)
        dialog.open()
        qtbot.waitExposed(dialog)
        dialog.given = []
        dialog.accepted_data.connect(lambda *given: dialog.given.append(given))
        return dialog

    return put


def pick(dialog: ImportDialog, name: str, column: str) -> None:
    """Choose a column with the keyboard."""
    hands.choose(hands.control(dialog, f"import.{name}", QComboBox), column)


def text_of(dialog: ImportDialog, name: str) -> str:
    return dialog.findChild(object, f"import.{name}").text()


def test_a_file_with_a_header_becomes_a_table(opened) -> None:
    dialog = opened(PENGUINS)
    assert text_of(dialog, "understood") == "344 rows, 8 columns, separated by commas."
    assert "342 of 344 rows are usable." in text_of(dialog, "counts")
    assert "2 rows left out: no value in bill_length_mm (rows 5, 273)." in text_of(dialog, "counts")
    assert "Adelie 151, Chinstrap 68, Gentoo 123" in text_of(dialog, "counts")
    assert "3 classes" in text_of(dialog, "counts")
    assert "stay in the file" in text_of(dialog, "message")
    hands.click(dialog.ok)
    ((dataset, label),) = dialog.given
    assert dataset == Table(path=str(PENGUINS), x1="bill_length_mm", x2="bill_depth_mm", target="species")
    assert label == "data “penguins.csv”"
    assert not dialog.isVisible()
    check(Experiment(data=dataset))


def test_every_faulty_cell_is_named_beside_its_rows_below_the_picture(opened, tmp_path: Path) -> None:
    file = tmp_path / "faulty.csv"
    rows = [f"{row / 10},{row % 7},{'ab'[row % 2]}" for row in range(40)]
    file.write_text("\n".join(["x,y,label", *rows, "nan,1,a", "1e400,2,b", "foo,3,a", "1,,a", "2,3,", "1,2,a,4"]))
    dialog = opened(file)
    said = text_of(dialog, "counts")
    assert "2 rows left out: no number in x: 1e400 (row 43), foo (row 44)." in said
    subjects = [question.subject for question in dialog.cells.questions]
    assert "1e400 (row 43), foo (row 44)" in subjects
    seen = dialog.counts.visibleRegion().boundingRect()
    top = dialog.counts.mapTo(dialog, seen.topLeft()).y()
    assert top > dialog.picture.geometry().bottom()
    assert dialog.counts.height() >= dialog.counts.heightForWidth(dialog.counts.width())


def test_other_columns_are_picked(qtbot, opened) -> None:
    dialog = opened(PENGUINS)
    pick(dialog, "x1", "flipper_length_mm")
    pick(dialog, "target", "island")
    before = dialog.picture.drawn
    pick(dialog, "x2", "body_mass_g")
    assert dialog.picture.drawn is not before
    hands.click(dialog.ok)
    dataset = dialog.given[0][0]
    assert (dataset.x1, dataset.x2, dataset.target) == ("flipper_length_mm", "body_mass_g", "island")


def test_the_task_is_chosen(qtbot, opened) -> None:
    dialog = opened(PENGUINS)
    pick(dialog, "target", "year")
    assert "3 classes" in text_of(dialog, "counts")
    hands.push(dialog, "import.task.regression")
    assert "is a value" in text_of(dialog, "counts")
    hands.click(dialog.ok)
    assert dialog.given[0][0].task == "regression"
    assert draw_sample(dialog.given[0][0]).task == "regression"


def test_a_column_that_is_none_of_numbers_is_refused_in_words(qtbot, opened) -> None:
    dialog = opened(PENGUINS)
    pick(dialog, "x1", "island")
    assert not dialog.ok.isEnabled()
    assert "x₁ must be a column of numbers; this one contains 'Torgersen' (got 'island')." in text_of(dialog, "message")
    assert dialog.picture.drawn is None
    hands.key(dialog, "Return")
    assert dialog.given == []
    pick(dialog, "x1", "year")
    assert dialog.ok.isEnabled()


def test_the_same_column_for_both_axes_is_refused_in_words(qtbot, opened) -> None:
    dialog = opened(PENGUINS)
    pick(dialog, "x1", "bill_depth_mm")
    assert "must be read with different columns as x1 and x2" in text_of(dialog, "message")
    assert not dialog.ok.isEnabled()
    pick(dialog, "x2", "bill_length_mm")
    assert dialog.ok.isEnabled()


def test_text_from_the_clipboard_becomes_own_points_scaled(opened) -> None:
    dialog = opened("1,5\t2\tred\n2,5\t8\tblue\n")
    assert "decimal commas" in text_of(dialog, "understood")
    assert "become your own" in text_of(dialog, "message")
    assert "−5…5" in text_of(dialog, "message")
    hands.key(dialog, "Return")
    dataset, label = dialog.given[0]
    own = msgspec.structs.replace(dataset, column_names=(), axis_scales=())
    assert own == UserPoints(x1=(-5, 5), x2=(-5, 5), target=(1, 0), class_names=("blue", "red"))
    assert draw_sample(dataset).own_x.tolist() == [[1.5, 2], [2.5, 8]]
    assert label == "data from the clipboard"
    assert "Cells from the clipboard" in [part.text() for part in dialog.findChildren(QLabel)]


def test_points_this_program_wrote_are_taken_exactly(opened, tmp_path: Path) -> None:
    drawn = to_own_points(Moons(points=40, noise=0.1))
    path = tmp_path / "points.csv"
    path.write_text(to_csv(draw_sample(drawn)))
    dialog = opened(path)
    assert "exactly as they are" in text_of(dialog, "message")
    hands.click(dialog.ok)
    np.testing.assert_array_equal(draw_sample(dialog.given[0][0]).x, draw_sample(drawn).x)


def test_the_first_row_is_a_header_or_a_point(opened) -> None:
    dialog = opened("1990,1991,kind\n1,2,a\n3,4,b\n")
    assert not dialog.header.isChecked()
    assert dialog.model.rowCount() == 3
    dialog.header.setFocus()
    hands.key(dialog.header, "Space")
    assert dialog.model.rowCount() == 2
    assert dialog.combos[0].itemText(0) == "1990"
    assert "All 2 rows are used." in text_of(dialog, "counts")


def test_the_separator_can_be_put_right(opened) -> None:
    dialog = opened("1,2;3,4;0\n5,6;7,8;1\n")
    assert "semicolons" in text_of(dialog, "understood")
    combo = dialog.separator
    combo.setFocus()
    hands.key(combo, "Home")
    for _ in range(3):
        hands.key(combo, "Down")
    assert combo.currentText() == "Comma"
    assert "commas" in text_of(dialog, "understood")
    assert not dialog.ok.isEnabled()


UNCLEAR = "a;b;c\n950;007;none\n1.200;012;x\n1.850;100;X\n2.300;7;none\n"


def test_what_can_be_read_in_two_ways_is_asked_with_both(opened, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(UNCLEAR)
    dialog = opened(path)
    assert dialog.questions.isVisible()
    asked = {button.objectName(): button for button in dialog.questions.findChildren(QAbstractButton)}
    shown = {name: (button.text(), button.isChecked()) for name, button in asked.items()}
    assert shown == {
        "import.decimal.0": ("1200", True),
        "import.decimal.1": ("1.2", False),
        "import.codes.0": ("the number 7", True),
        "import.codes.1": ("the text 007", False),
        "import.words.0": ("a class", True),
        "import.words.1": ("a missing value", False),
        "import.letters.0": ("different classes", True),
        "import.letters.1": ("one class", False),
    }
    assert all(button.accessibleName() and button.toolTip() for button in asked.values())
    assert "4 rows are used" in text_of(dialog, "counts")


def test_an_answer_is_previewed_and_kept(opened, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(UNCLEAR)
    dialog = opened(path)
    before = dialog.picture.drawn.x.copy()
    hands.push(dialog, "import.decimal.1")
    assert not np.array_equal(dialog.picture.drawn.x, before)
    assert dialog.findChild(QAbstractButton, "import.decimal.1").isChecked()
    hands.push(dialog, "import.words.1")
    assert "2 of 4 rows are usable." in text_of(dialog, "counts")
    hands.push(dialog, "import.letters.1")
    hands.click(dialog.ok)
    dataset = dialog.given[0][0]
    assert (dataset.decimal, dataset.words, dataset.letters, dataset.codes) == (".", "missing", "same", None)
    np.testing.assert_array_equal(draw_sample(dataset).x, dialog.picture.drawn.x)
    assert draw_sample(dataset).class_names == ("x",)


def test_an_answer_is_taken_by_keyboard_without_losing_the_place(opened) -> None:
    dialog = opened(UNCLEAR)
    button = dialog.findChild(QAbstractButton, "import.decimal.1")
    button.setFocus()
    hands.key(button, "Space")
    assert dialog.findChild(QAbstractButton, "import.decimal.1") is button
    assert dialog.focusWidget() is button
    assert dialog.model.cells.column("a").numbers.tolist() == [950, 1.2, 1.85, 2.3]


def test_columns_that_were_chosen_stay_when_the_table_is_read_otherwise(opened) -> None:
    dialog = opened("a;b;d;c\n950;1;2;x\n1.200;2;4;y\n")
    pick(dialog, "x2", "d")
    hands.push(dialog, "import.decimal.1")
    assert dialog.combos[1].currentText() == "d"


def test_a_table_without_anything_unclear_asks_nothing(opened) -> None:
    assert not opened(PENGUINS).questions.isVisible()


def test_very_many_rows_are_sampled_unless_all_are_wanted(
    opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_dialog, "MANY_ROWS", 50)
    path = tmp_path / "t.csv"
    path.write_text("a,b,c\n" + "".join(f"{k}.5,{k * k % 7},{'xy'[k % 2]}\n" for k in range(80)))
    dialog = opened(path)
    assert dialog.dataset.points == 50 and len(draw_sample(dialog.dataset).x) == 50
    assert dialog.findChild(QAbstractButton, "import.points.1").text() == "all 80"
    hands.push(dialog, "import.points.1")
    assert dialog.dataset.points is None
    hands.push(dialog, "import.points.0")
    hands.click(dialog.ok)
    assert dialog.given[0][0].points == 50


def test_a_file_that_is_no_table_is_refused_with_its_place(opened, tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(b"1,2,3\n\x89PNG\0\0\0")
    dialog = opened(path)
    assert not dialog.ok.isEnabled()
    assert "picture.png, row 2" in text_of(dialog, "message")
    assert dialog.model.rowCount() == dialog.model.columnCount() == 0
    dialog = opened(tmp_path / "none.csv")
    assert "none.csv" in text_of(dialog, "message")


def test_cancel_and_escape_change_nothing(opened) -> None:
    dialog = opened(PENGUINS)
    hands.click(dialog.cancel)
    assert not dialog.isVisible()
    other = opened(PENGUINS)
    hands.key(other, "Escape")
    assert not other.isVisible()
    assert dialog.given == other.given == []


def large(folder: Path, rows: int = 70_000) -> Path:
    """A file that takes a moment to read."""
    path = folder / "large.csv"
    path.write_text("a,b,c\n" + "".join(f"{k}.25,{k * k % 997}.5,{'xyz'[k % 3]}\n" for k in range(rows)))
    assert path.stat().st_size > READ_AT_ONCE
    return path


def test_a_large_file_is_read_beside_the_window_with_its_progress(
    qtbot, opened, reading_goes_on: threading.Event, tmp_path: Path
) -> None:
    path = large(tmp_path)
    dialog = opened(path)
    bar = dialog.findChild(QProgressBar, "import.progress")
    seen: list[float] = []
    bar.valueChanged.connect(lambda value: seen.append(value / max(bar.maximum(), 1)))
    assert bar.isVisible() and not dialog.ok.isEnabled()
    assert text_of(dialog, "understood") == ""
    reading_goes_on.set()
    qtbot.waitUntil(dialog.ok.isEnabled)
    assert len(seen) > 10 and not bar.isVisible()
    assert text_of(dialog, "understood") == "70,000 rows, 3 columns, separated by commas."
    pick(dialog, "x2", "a")
    assert not dialog.ok.isEnabled()
    qtbot.waitUntil(lambda: "different columns" in text_of(dialog, "message"))
    pick(dialog, "x1", "b")
    qtbot.waitUntil(dialog.ok.isEnabled)
    hands.click(dialog.ok)
    assert dialog.given[0][0] == Table(path=str(path), x1="b", x2="a", target="c")


@pytest.mark.usefixtures("reading_goes_on")
def test_reading_a_large_file_can_be_cancelled(opened, tmp_path: Path) -> None:
    dialog = opened(large(tmp_path))
    job = dialog.job
    assert job.isRunning()
    hands.click(dialog.cancel)
    assert job.isFinished() and job.cancelled
    assert not dialog.isVisible() and dialog.given == [] and dialog.cells is None


@pytest.mark.usefixtures("reading_goes_on")
def test_the_program_ends_while_a_large_file_is_read(qapp: QApplication, opened, tmp_path: Path) -> None:
    dialog = opened(large(tmp_path))
    job = dialog.job
    qapp.aboutToQuit.emit()
    assert job.isFinished() and not dialog.isVisible()


def test_a_large_file_that_is_no_table_is_refused_with_its_place(qtbot, opened, tmp_path: Path) -> None:
    path = large(tmp_path)
    path.write_bytes(path.read_bytes() + b"1,2,\0\n")
    dialog = opened(path)
    qtbot.waitUntil(
        lambda: (
            "row 70002 must be text; this looks like another kind of file (got a zero byte)"
            in text_of(dialog, "message")
        )
    )
    assert not dialog.ok.isEnabled() and not dialog.bar.isVisible()


def test_the_table_shows_the_first_rows_with_what_is_meant(opened) -> None:
    dialog = opened(PENGUINS)
    model = dialog.model
    assert (model.rowCount(), model.columnCount()) == (PREVIEW_ROWS, 8)
    header = [model.headerData(k, Qt.Orientation.Horizontal) for k in range(8)]
    assert header[0] == "species\nTarget"
    assert header[2] == "bill_length_mm\nx₁"
    assert header[7] == "year\n"
    assert model.headerData(3, Qt.Orientation.Vertical) == "5"
    assert model.data(model.index(0, 2), DISPLAY) == "39.1"
    spoiled = model.index(3, 2)
    assert model.data(spoiled, DISPLAY) == "NA"
    assert model.data(spoiled, Qt.ItemDataRole.ForegroundRole).name() == theme.LIGHT.danger
    assert model.data(model.index(0, 2), Qt.ItemDataRole.ForegroundRole) is None


def test_a_hostile_text_is_shown_as_plain_words(opened) -> None:
    dialog = opened("<b>a</b>,b&c,<img src=x>\n1,2,<i>x</i>\n3,4," + "y" * 500 + "\n")
    assert dialog.combos[0].itemText(0) == "<b>a</b>"
    shown = dialog.model.data(dialog.model.index(1, 2), DISPLAY)
    assert len(shown) == 60 and shown.endswith("…")


def test_a_long_text_is_thinned_and_said(opened) -> None:
    rows = "".join(f"{k % 97},{k % 89},{k % 2}\n" for k in range(MAX_OWN_POINTS + 1000))
    dialog = opened(rows)
    assert "20,000 of 21,000 rows are used" in text_of(dialog, "counts")
    assert dialog.ok.isEnabled()
    assert len(dialog.picture.drawn.labels) <= 2000


@pytest.mark.parametrize("name", theme.THEMES)
def test_it_is_painted_in_both_themes(qapp, opened, name: str) -> None:
    dialog = opened(PENGUINS)
    theme.apply(qapp, name)
    picture = dialog.picture.grab().toImage()
    shades = {picture.pixelColor(x, y).name() for x in range(0, 216, 2) for y in range(0, 216, 2)}
    assert theme.THEMES[name].surface in shades
    assert len(shades) > 5
    theme.apply(qapp, "light")


def test_every_control_is_named_explained_and_reachable(opened) -> None:
    dialog = opened(PENGUINS)
    controls = [*dialog.combos, dialog.separator, dialog.header, *dialog.task.buttons, dialog.ok, dialog.cancel]
    for control in controls:
        assert control.objectName() and control.accessibleName() and control.toolTip()
        assert control.focusPolicy() & Qt.FocusPolicy.TabFocus
    assert dialog.table.accessibleName()
