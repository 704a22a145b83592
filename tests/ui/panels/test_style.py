"""The style sheet: legible in both themes, and every panel fits its column."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from playground import Experiment, Layer
from playground.catalog.activations import LeakyRelu
from playground.catalog.optimizers import RmsProp
from playground.catalog.regularizers import ElasticNet
from playground.experiment.tree import Training
from ui.look import theme
from ui.look.theme import THEMES, Theme, blend, stylesheet
from ui.panels.data.panel import DataPanel
from ui.panels.layers.panel import LayersPanel
from ui.panels.training import TrainingPanel
from ui.panels.transport import TransportBar


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2."""
    parts = [channel / 255 for channel in QColor(colour).getRgb()[:3]]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("name", THEMES)
def test_all_text_has_enough_contrast(name: str) -> None:
    t: Theme = THEMES[name]
    hovered = blend(t.raised, t.text, 0.06)
    pairs = [
        *((text, ground) for text in (t.text, t.quiet) for ground in (t.window, t.surface, t.raised)),
        (t.text, hovered),
        (t.on_accent, t.accent),
        (t.surface, t.quiet),
        (t.danger, t.surface),
    ]
    for text, ground in pairs:
        assert contrast(text, ground) >= 4.5, (text, ground)


@pytest.mark.parametrize("name", THEMES)
def test_focus_can_be_seen(name: str) -> None:
    t = THEMES[name]
    for ground in (t.window, t.surface, t.raised):
        assert contrast(t.accent, ground) >= 3


@pytest.mark.parametrize("name", THEMES)
def test_the_style_sheet_is_understood(qapp: QApplication, name: str) -> None:
    assert stylesheet(THEMES[name]).count("{") == stylesheet(THEMES[name]).count("}")
    theme.apply(qapp, name)
    theme.apply(qapp, "light")


FULL = Experiment(
    layers=(Layer(4, LeakyRelu(), id="A"),), regularizer=ElasticNet(), training=Training(RmsProp(), clip_norm=1.0)
)


@pytest.mark.parametrize(("kind", "width"), [(DataPanel, 280), (TrainingPanel, 280), (LayersPanel, 300)])
def test_a_panel_fits_its_column_with_everything_unfolded(own: Callable, kind: type, width: int) -> None:
    panel = own(kind(), FULL).panel
    for button in panel.findChildren(QWidget):
        if button.property("section") or button.objectName().endswith(".more"):
            button.setChecked(True)
    assert panel.minimumSizeHint().width() <= width
    if isinstance(panel, LayersPanel):
        assert panel.stack.minimumSizeHint().width() <= width - panel.view.x()


def test_the_transport_bar_leaves_room_at_1280(qtbot) -> None:
    bar = TransportBar()
    qtbot.addWidget(bar)
    assert bar.minimumSizeHint().width() <= 1000


def test_hats_stand_on_their_letters_not_in_the_line_above(qtbot, qapp: QApplication) -> None:
    theme.apply(qapp, "light")
    label = QLabel("m\nm\N{COMBINING CIRCUMFLEX ACCENT} v\N{COMBINING CIRCUMFLEX ACCENT}")
    qtbot.addWidget(label)
    bare = QLabel("m\nm v")
    qtbot.addWidget(bare)
    bare.resize(label.sizeHint())
    label.resize(label.sizeHint())
    hats, without = label.grab().toImage(), bare.grab().toImage()
    line = label.fontMetrics().lineSpacing()
    other = [y for y in range(hats.height()) for x in range(hats.width()) if hats.pixel(x, y) != without.pixel(x, y)]
    assert other and min(other) >= line
