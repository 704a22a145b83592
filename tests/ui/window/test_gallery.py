"""The gallery of presets on the real window."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QLabel

from playground.interop.gallery import gallery_groups
from playground.interop.opening import load_preset
from tests.ui import hands
from tests.ui.windows import control, lay_out
from ui.look import theme
from ui.window.gallery import Card, Gallery, thumbnail
from ui.window.window import Window


@pytest.fixture
def gallery(qtbot, used_window: Window) -> Gallery:
    # Words are about the card under the mouse, which an earlier test left anywhere.
    hands.move(used_window, QPoint(1, used_window.height() - 2))
    used_window.open_gallery()
    found = used_window.findChild(Gallery)
    qtbot.waitUntil(found.isVisible)
    return found


def card(gallery: Gallery, name: str) -> Card:
    return hands.control(gallery, f"gallery.{name}", Card)


def test_a_click_opens_a_preset(qtbot, used_window: Window, gallery: Gallery) -> None:
    gallery.area.ensureWidgetVisible(card(gallery, "xor"))
    hands.click(card(gallery, "xor"))
    qtbot.waitUntil(lambda: used_window.session.experiment.name == load_preset("xor").name)
    assert not used_window.findChildren(Gallery) or not gallery.isVisible()


def test_by_keyboard_alone(qtbot, used_window: Window, gallery: Gallery) -> None:
    first, second = gallery.cards[0], gallery.cards[1]
    qtbot.waitUntil(first.hasFocus)
    assert gallery.watch.text() == f"{first.title}.\nWhat to watch: {first.preset.watch}"
    hands.key(first, "Right")
    assert second.hasFocus() and second.preset.watch in gallery.watch.text()
    hands.key(second, "Down")
    below = next(one for one in gallery.cards if one.hasFocus())
    assert below not in (first, second)
    hands.key(below, "Up")
    assert second.hasFocus()
    hands.key(second, "Return")
    qtbot.waitUntil(lambda: used_window.session.experiment.name == second.title)


def test_a_preset_takes_the_keyboard_from_the_control_before(qtbot, used_window: Window) -> None:
    control(used_window, "training.optimizer").setFocus()
    used_window.open_gallery()
    gallery = used_window.findChildren(Gallery)[-1]
    qtbot.waitUntil(gallery.isVisible)
    hands.key(gallery.cards[0], "Return")
    qtbot.waitUntil(used_window.parts.boundary.hasFocus)


def test_typing_finds_presets_by_name_and_story(qtbot, used_window: Window, gallery: Gallery) -> None:
    qtbot.waitUntil(gallery.cards[0].hasFocus)
    hands.type_text("d", gallery.cards[0])
    assert gallery.search.hasFocus() and gallery.search.text() == "d"
    hands.type_text("ropout", gallery.search)
    shown = [one.preset.name for one in gallery.cards if one.isVisible()]
    assert shown == ["dropout", "without-dropout"]
    # What Enter opens is marked.
    assert [one.preset.name for one in gallery.cards if one.property("found")] == ["dropout"]
    assert "Enter opens “Dropout" in gallery.watch.text()
    hands.key(gallery.search, "Down")
    hands.key(card(gallery, "dropout"), "Right")
    assert card(gallery, "without-dropout").hasFocus() and not any(one.property("found") for one in gallery.cards)
    gallery.search.setFocus()
    assert card(gallery, "dropout").property("found")
    hands.key(gallery.search, "Return")
    qtbot.waitUntil(lambda: used_window.session.experiment.name == load_preset("dropout").name)


def test_what_is_not_found_is_said(qtbot, gallery: Gallery) -> None:
    gallery.search.setFocus()
    hands.type_text("zebra", gallery.search)
    assert not any(one.isVisible() for one in gallery.cards)
    assert gallery.watch.text() == "No preset matches “zebra”."
    gallery.search.clear()
    assert not any(one.isHidden() or one.property("found") for one in gallery.cards)
    gallery.reject()


def test_every_card_gets_its_picture_and_says_what_it_is(qtbot, gallery: Gallery) -> None:
    qtbot.waitUntil(lambda: not gallery.unpainted)
    assert len(gallery.cards) == sum(len(group.presets) for group in gallery_groups())
    for one in gallery.cards:
        image = one.icon().pixmap(one.iconSize()).toImage()
        colours = {image.pixelColor(x, y).name() for x in range(4, 80, 6) for y in range(4, 80, 6)}
        assert len(colours) > 4, one.preset.name
        assert one.accessibleName() == one.title and "What to watch: " in one.toolTip()
    gallery.reject()


def test_pictures_follow_the_theme(qapp) -> None:
    preset = gallery_groups()[0].presets[0]
    theme.apply(qapp, "light")
    light = thumbnail(preset, 84, 1.0).toImage()
    theme.apply(qapp, "dark")
    dark = thumbnail(preset, 84, 1.0).toImage()
    theme.apply(qapp, "light")
    assert light.pixelColor(5, 5).lightness() > dark.pixelColor(5, 5).lightness() + 50


@pytest.mark.parametrize("zoom", [1.0, 2.0])
def test_no_card_name_or_word_is_cut_at_any_zoom(qtbot, used_window: Window, zoom: float) -> None:
    used_window.zoom_to(zoom)
    used_window.open_gallery()
    gallery = used_window.findChildren(Gallery)[-1]
    qtbot.waitUntil(gallery.isVisible)
    lay_out(gallery)
    viewport = gallery.area.viewport()
    assert max(one.mapTo(viewport, one.rect().topRight()).x() for one in gallery.cards) < viewport.width()
    assert all("…" not in one.text() for one in gallery.cards)
    assert gallery.watch.fontMetrics().lineSpacing() * 3 <= gallery.watch.height()
    gallery.reject()


def test_the_keyboard_brings_the_heading_of_a_group_into_sight(qtbot, gallery: Gallery) -> None:
    qtbot.waitUntil(gallery.cards[0].hasFocus)
    first = card(gallery, gallery_groups()[2].presets[0].name)
    gallery.area.verticalScrollBar().setValue(gallery.area.verticalScrollBar().maximum())
    first.setFocus()
    title = next(one for one in gallery.findChildren(QLabel) if one.text() == gallery_groups()[2].title)
    place = title.mapTo(gallery.area.viewport(), QPoint(0, 0)).y()
    assert 0 <= place <= gallery.area.viewport().height() - title.height()
    gallery.reject()
