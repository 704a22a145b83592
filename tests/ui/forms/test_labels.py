"""What has no room in a label or a list stands whole in its tooltip; what a label says moves nothing."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QLabel, QToolTip, QVBoxLayout, QWidget

from tests.ui import hands
from tests.ui.counting import EventCount
from ui.forms.buttons import tip
from ui.forms.controls import Combo
from ui.forms.labels import LabelPlace, ShortenedLabel
from ui.forms.layouts import STRETCH, fill

TEXT = "validation loss after 100 epochs from the start, 65 % trained"


def tooltip_of(widget: QWidget) -> str:
    QToolTip.hideText()
    hands.rest(widget)
    return QToolTip.text()


@pytest.mark.parametrize("lines", [1, 2])
def test_a_label_shows_its_whole_text_only_where_it_is_cut(qtbot, lines: int) -> None:
    label = ShortenedLabel(TEXT, wordWrap=lines > 1)
    qtbot.addWidget(label)
    label.setToolTip(tip("How this is measured."))
    label.resize(140, 16 * lines + 4)
    label.show()
    assert QLabel.text(label).endswith("…") and label.text() == TEXT
    assert tooltip_of(label) == tip(TEXT, "How this is measured.")
    label.resize(700, 16 * lines + 4)
    assert QLabel.text(label) == TEXT and tooltip_of(label) == tip("How this is measured.")


def test_a_name_that_looks_like_a_tag_is_shown_as_it_is(qtbot) -> None:
    name = "<b>bill</b> length in millimetres"
    label, combo = ShortenedLabel(name), Combo()
    combo.addItem(name)
    for widget in (label, combo):
        qtbot.addWidget(widget)
        widget.resize(80, 26)
        widget.show()
        assert tooltip_of(widget) == tip(name)


def test_the_place_of_a_label_has_the_height_that_the_label_needs_whatever_it_says(qtbot) -> None:
    window, label = QWidget(), QLabel("one")
    qtbot.addWidget(window)
    place = LabelPlace(label)
    fill(QVBoxLayout(window), place, STRETCH)
    window.resize(300, 200)
    label.setFixedHeight(41)
    window.show()
    QApplication.processEvents()
    assert place.height() == label.height() == 41 and label.width() == place.width() > 200
    requests = EventCount(window, QEvent.Type.LayoutRequest)
    label.setText("another text, which is longer than the one before")
    QApplication.processEvents()
    assert requests.count == 0 and label.width() == place.width()
    label.setFixedHeight(61)
    qtbot.waitUntil(lambda: place.height() == label.height() == 61)
    assert requests.count > 0


def test_a_list_shows_the_whole_name_of_its_choice_where_it_is_cut(qtbot) -> None:
    combo = Combo()
    qtbot.addWidget(combo)
    combo.addItem("Auto (cross-entropy)")
    combo.setToolTip(tip("What training minimises."))
    combo.resize(80, 26)
    combo.show()
    assert tooltip_of(combo) == tip("Auto (cross-entropy)", "What training minimises.")
    combo.resize(300, 26)
    assert tooltip_of(combo) == tip("What training minimises.")
