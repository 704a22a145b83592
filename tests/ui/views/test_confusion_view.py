"""The confusion matrix counts what is taken for what, in either set, and says it in words."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QToolButton

from playground.catalog.datasets.base import draw_sample
from playground.catalog.datasets.shapes import Hills
from playground.measure.requests import ConfusionRequest
from playground.measure.snapshot import Confusion, Snapshot
from tests.ui import hands
from tests.ui.painted import overlaps, painted_texts
from tests.ui.parts import part_of
from tests.ui.snapshots import clouds, diverged, make_snapshot, with_answers
from ui.look import theme
from ui.views.confusion.view import NEEDS_CLASSES, ConfusionMatrix, ConfusionView, cell_colour

SIZE = (356, 240)
TRAIN = np.array([[8, 2, 0], [1, 9, 0], [0, 5, 15]])
VALIDATION = np.array([[5, 5, 0], [0, 10, 0], [0, 0, 0]])


def with_counts(train=TRAIN, validation=VALIDATION) -> Snapshot:
    return with_answers(make_snapshot(clouds(len(train))), {ConfusionRequest(): Confusion(train, validation)})


def contrast(one: QColor, other: QColor) -> float:
    """As the Web Content Accessibility Guidelines define it."""

    def luminance(colour: QColor) -> float:
        channels = np.array(colour.getRgbF()[:3])
        linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
        return float(linear @ np.array([0.2126, 0.7152, 0.0722]))

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def middle(view: ConfusionView, true: int, given: int) -> QPointF:
    return view.shown().cells[true][given].center()


def test_it_asks_for_the_counts(shown):
    assert shown(ConfusionView()).requests == {ConfusionRequest()}


def test_it_counts_the_training_points_with_the_names_of_the_classes(shown):
    view = shown(ConfusionView(), with_counts(), SIZE)
    assert view.shown().points == "train"
    assert np.array_equal(view.shown().matrix.counts, TRAIN)
    assert view.shown().matrix.names == ("Adelie", "Chinstrap", "Gentoo")
    assert view.shown().reading == "32 of 40 points right (80.0 %)"


def test_the_switch_shows_the_validation_points(shown):
    view = shown(ConfusionView(), with_counts(), SIZE)
    button = view.findChild(QToolButton, "confusion.set.validation")
    hands.click(button)
    assert view.shown().points == "validation"
    assert np.array_equal(view.shown().matrix.counts, VALIDATION)
    assert view.shown().reading == "15 of 20 points right (75.0 %)"
    train = view.findChild(QToolButton, "confusion.set.train")
    train.setFocus()
    hands.key(train, "Space")
    assert view.shown().points == "train"
    assert all(one.accessibleName() and one.toolTip() for one in (button, train))


def test_hovering_a_cell_reads_it_with_recall_and_precision(shown):
    view = shown(ConfusionView(), with_counts(), SIZE)
    hands.hover(view, middle(view, 2, 1))
    assert view.shown().reading == (
        "5 of 20 Gentoo predicted as Chinstrap (25.0 %) · Gentoo: recall 75.0 %, precision 100 %"
    )
    hands.hover(view, middle(view, 1, 1))
    assert view.shown().reading == (
        "9 of 10 Chinstrap recognised (90.0 %) · Chinstrap: recall 90.0 %, precision 56.2 %"
    )
    hands.leave(view, middle(view, 1, 1))
    assert view.shown().reading == "32 of 40 points right (80.0 %)"


def test_hovering_a_name_reads_the_class(shown):
    view = shown(ConfusionView(), with_counts(), SIZE)
    hands.hover(view, QPointF(20, middle(view, 0, 0).y()))
    assert view.shown().reading == "Adelie: recall 80.0 %, precision 88.9 %"


def test_a_class_without_points_has_neither_recall_nor_a_division_by_zero():
    matrix = ConfusionMatrix(VALIDATION, ("A", "B", "C"))
    assert matrix.recall(2) is None and matrix.precision(2) is None
    assert matrix.class_words(2) == "C: recall –, precision –"
    assert (matrix.shares[2] == 0).all()
    assert ConfusionMatrix(np.zeros((2, 2), int), ("A", "B")).right() == "no points in this set"


def test_the_colour_is_the_share_of_the_row(shown):
    view = shown(ConfusionView(), with_counts(10 * np.array([[9, 1], [500, 500]])), (500, 300))
    image = view.grab().toImage()

    def colour(true: int, given: int) -> str:
        cell = view.shown().cells[true][given]
        return image.pixelColor((cell.topLeft() + QPointF(4, 4)).toPoint()).name()

    look = theme.current()
    assert colour(0, 0) == theme.blend(look.raised, look.accent, 0.45)
    assert colour(1, 0) == colour(1, 1) == theme.blend(look.raised, look.accent, 0.25)


@pytest.mark.parametrize("look", [theme.LIGHT, theme.DARK])
def test_numbers_can_be_read_on_every_colour(look):
    for percent in range(101):
        assert contrast(cell_colour(percent, look), QColor(look.text)) >= 4.5


def test_for_regression_it_says_why_there_is_no_matrix(qtbot, shown, caplog):
    view = shown(ConfusionView(), make_snapshot(draw_sample(Hills())), SIZE)
    assert view.shown().message == NEEDS_CLASSES
    assert view.shown().matrix is None
    assert not view.findChild(QToolButton, "confusion.set.train").isEnabled()
    hands.hover(view, QPointF(150, 120))
    view.grab()
    view.show_snapshot(with_counts())
    qtbot.waitUntil(lambda: view.shown().message == "" and view.shown().matrix is not None)
    assert view.findChild(QToolButton, "confusion.set.train").isEnabled()
    assert not caplog.records


def test_without_counts_it_waits(shown):
    view = shown(ConfusionView(), make_snapshot(), SIZE)
    assert view.shown().matrix is None and view.shown().message == "Not counted yet."


def test_counts_and_words_change_together_when_they_can_be_read(shown, qtbot):
    view = shown(ConfusionView(), with_counts(), SIZE)
    view.show_snapshot(with_counts(2 * TRAIN))
    assert np.array_equal(view.shown().matrix.counts, TRAIN)
    assert view.shown().reading == "32 of 40 points right (80.0 %)"
    qtbot.waitUntil(lambda: view.shown().reading == "64 of 80 points right (80.0 %)")
    assert np.array_equal(view.shown().matrix.counts, 2 * TRAIN)


@pytest.mark.parametrize("classes", [9, 10])
def test_many_classes_have_their_numbers_and_names_in_the_smallest_window(shown, classes):
    counts = np.arange(classes * classes).reshape(classes, classes) * 40
    view = shown(ConfusionView(), with_counts(counts, counts), (342, 208))
    texts = painted_texts(part_of(view, "confusion.matrix"))
    assert [text for text, _ in texts].count("1k") >= 1
    for name in view.shown().matrix.names:
        written = [text for text, _ in texts if name.startswith(text)]
        assert name in written and len(written) == 2 and min(map(len, written)) >= 3
    assert overlaps(texts) == []
    # Every cell has a number of its own, which does not leave it.
    cell = part_of(view, "confusion.matrix").cell(0, 0)
    numbers = [box for text, box in texts if text[:1].isdigit()]
    assert len(numbers) == classes * classes
    assert all(box.width() <= cell.width() and box.height() <= cell.height() for box in numbers)


def test_the_same_type_names_all_columns(shown):
    view = shown(ConfusionView(), with_counts(np.eye(10, dtype=int)), (342, 208))
    above = [
        box
        for _, box in painted_texts(part_of(view, "confusion.matrix"))
        if box.bottom() < part_of(view, "confusion.matrix").places().top()
    ]
    assert len(above) == 11
    assert len({box.height() for box in above[1:]}) == 1


def test_nothing_is_drawn_anew_when_no_count_has_changed(shown):
    view = shown(ConfusionView(), with_counts(), SIZE)
    before = view.shown().matrix
    view.show_snapshot(with_counts(TRAIN.copy()))
    assert view.shown().matrix is before


@pytest.mark.parametrize("classes", [2, 10, 30])
@pytest.mark.parametrize("size", [(200, 140), SIZE, (700, 400)])
def test_it_survives_many_classes_and_little_room(shown, caplog, classes, size):
    counts = np.random.default_rng(0).integers(0, 2000, (classes, classes))
    snapshot = with_answers(make_snapshot(clouds(2)), {ConfusionRequest(): Confusion(counts, counts)})
    view = shown(ConfusionView(), snapshot, size)
    hands.hover(view, middle(view, classes - 1, 0))
    view.grab()
    box = view.shown().cells[-1][-1]
    assert box.right() <= view.width() and box.bottom() <= view.height()
    view.show_snapshot(diverged(make_snapshot()))
    view.grab()
    assert not caplog.records


def test_it_takes_over_a_new_theme_at_once(shown, qapp):
    view = shown(ConfusionView(), with_counts(), SIZE)
    theme.apply(qapp, "dark")
    view.apply_theme()
    assert view.grab().toImage().pixelColor(1, 1).name() == theme.current().surface
