"""Panels and pictures in docks: closed, brought back, floated, arranged and kept."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRect, QSettings, QSize, Qt
from PySide6.QtWidgets import QInputDialog, QLineEdit, QTabBar, QToolButton, QToolTip

from tests.ui import hands
from tests.ui.windows import lay_out
from ui.shell.docks import place_beside
from ui.window.layouts import LAYOUTS
from ui.window.window import Window


@pytest.fixture
def window(window_for: Window) -> Window:
    """One window for all tests but those that ask for a new one."""
    return window_for


def dock(window: Window, name: str):
    return window.docks.docks[name]


def test_a_dock_is_closed_by_its_button_and_brought_back_by_the_menu(window: Window) -> None:
    hands.push(window, "dock.tracks.close")
    assert not dock(window, "tracks").isVisible()
    dock(window, "tracks").toggleViewAction().trigger()
    assert dock(window, "tracks").isVisible()


def test_nothing_is_computed_for_a_closed_picture(qtbot, window: Window) -> None:
    window.docks.show("tracks")
    dock(window, "tracks").close()
    shown = []
    window.parts.tracks.show_snapshot = shown.append
    window.session.epoch()
    qtbot.waitUntil(lambda: window.session.report.snapshot.epoch == 1)
    assert not shown


def test_a_window_that_comes_or_goes_reports_all_its_docks_at_once(new_window: Window) -> None:
    seen, told, left = set(new_window.docks.seen), [], []
    new_window.docks.changed.connect(lambda: told.append(set(new_window.docks.seen)))
    new_window.docks.left.connect(left.append)
    new_window.hide()
    assert told == [set()] and set(left) == seen and len(left) == len(seen) > 2
    new_window.show()
    assert len(told) <= 3 and told[-1] == new_window.docks.seen == seen


def test_a_title_shows_by_the_mouse_that_it_can_be_dragged_and_covers_no_curve(window: Window) -> None:
    title = window.docks.titles["tracks"][0]
    hands.rest(title)
    assert title.cursor().shape() == Qt.CursorShape.OpenHandCursor
    assert not title.toolTip() and not QToolTip.isVisible()


def test_a_dock_floats_and_comes_back(window: Window) -> None:
    button = window.findChild(QToolButton, "dock.tracks.float")
    hands.click(button)
    assert dock(window, "tracks").isFloating()
    hands.click(button)
    assert not dock(window, "tracks").isFloating()


@pytest.mark.parametrize("screen", [QRect(0, 0, 1920, 1080), QRect(-1600, 0, 1600, 900)])
def test_a_floating_dock_stands_beside_the_window_or_where_it_covers_least(screen: QRect) -> None:
    size = QSize(400, 300)
    for width in (1000, screen.width()):
        window = QRect(screen.topLeft(), QSize(width, screen.height()))
        place = QRect(place_beside(window, size, screen), size)
        assert screen.contains(place)
        assert width == screen.width() or not place.intersects(window)


def test_the_draw_tab_takes_up_the_brush_and_leaving_it_puts_the_brush_down(qtbot, window: Window) -> None:
    window.docks.show("drawing")
    qtbot.waitUntil(lambda: window.parts.drawing.toolbox.tool is not None)
    hands.key(window, "Escape")
    qtbot.waitUntil(lambda: window.parts.drawing.toolbox.tool is None and "data" in window.docks.seen)


def test_the_title_follows_other_data_and_comes_back_with_the_old_ones(window: Window) -> None:
    before = window.windowTitle()
    window.session.edit(window.session.experiment.with_({"data": "circle"}))
    assert window.windowTitle().startswith("Circle")
    window.session.undo()
    assert window.windowTitle() == before


def test_docks_that_share_a_place_have_tabs_that_show_them(qtbot, window: Window) -> None:
    qtbot.waitUntil(lambda: any(bar.count() > 2 for bar in window.findChildren(QTabBar)))
    bar = next(
        bar
        for bar in window.findChildren(QTabBar)
        if "Training" in [bar.tabText(k) for k in range(bar.count())] and bar.isVisible()
    )
    place = [bar.tabText(k) for k in range(bar.count())].index("Training")
    hands.click(bar, bar.tabRect(place).center())
    qtbot.waitUntil(lambda: window.docks.shows(window.parts.training))
    assert not window.docks.shows(window.parts.data)


@pytest.mark.parametrize("plan", LAYOUTS, ids=lambda plan: plan.name)
def test_every_layout_shows_what_it_names_and_closes_the_rest(qtbot, window: Window, plan) -> None:
    window.resize(1920, 1080)
    window.docks.arrange(plan)
    lay_out(window)
    controls = () if plan.is_drawer else plan.controls
    foot = () if plan.is_drawer else (plan.foot,)
    places = [tabs for tabs in (controls, foot, *(tabs for _, tabs in (*plan.beside, *plan.below))) if tabs]
    named = [name for tabs in places for name in tabs]
    for name, one in window.docks.docks.items():
        assert one.isHidden() == (name not in named), name
    for tabs in places:
        qtbot.waitUntil(lambda front=tabs[0]: front in window.docks.seen)
        qtbot.waitUntil(lambda front=tabs[0]: window.rect().contains(dock(window, front).geometry()))
    bars = [bar.count() for bar in window.findChildren(QTabBar) if bar.isVisibleTo(window) and bar.count() > 1]
    assert sorted(bars) == sorted(len(tabs) for tabs in places if len(tabs) > 1)


def test_a_saved_layout_is_offered_used_and_forgotten(window: Window) -> None:
    dock(window, "tracks").close()
    window.layouts.ask_name()
    ask = window.findChild(QInputDialog, "layout.name")
    line = ask.findChild(QLineEdit)
    hands.type_text("Mine", line)
    hands.key(line, "Return")
    assert window.layouts.names() == ["Mine"]
    window.docks.arrange(LAYOUTS[0])
    assert dock(window, "tracks").isVisible()
    assert window.layouts.use("Mine")
    assert not dock(window, "tracks").isVisible()
    window.layouts.remove("Mine")
    assert window.layouts.names() == []


@pytest.mark.usefixtures("new_window")
def test_the_next_window_takes_up_where_the_last_one_ended(window: Window) -> None:
    hands.push(window, "tracks.controls")
    hands.push(window, "tracks.shown.gradients")
    dock(window, "tracks").close()
    window.close()
    other = Window(settings=QSettings())
    try:
        other.resume()
        assert other.has_layout
        assert dock(other, "tracks").isHidden()
        assert other.parts.tracks.shown().tracks == ("loss", "score", "rate")
        assert not dock(other, "network").isHidden()
    finally:
        other.close()
        other.deleteLater()


@pytest.mark.usefixtures("new_window")
def test_the_next_window_has_the_same_tabs_in_front(qtbot, window: Window) -> None:
    for name in ("training", "microscope", "runs"):
        window.docks.show(name)
    window.docks.show("histograms")
    qtbot.waitUntil(lambda: {"training", "histograms"} <= window.docks.seen)
    plan, seen, opened = window.docks.plan, set(window.docks.seen), window.docks.opened
    window.close()
    other = Window(settings=QSettings())
    try:
        other.resume()
        other.resize(window.size())
        other.show()
        qtbot.waitUntil(lambda: other.docks.seen == seen)
        assert other.docks.plan is plan and other.docks.opened == opened and "runs" in opened
        other.docks.toggle_controls()
        other.close()
        third = Window(settings=QSettings())
        third.resume()
        assert not third.docks.controls_are_open
        third.close()
        third.deleteLater()
    finally:
        other.close()
        other.deleteLater()


def test_a_kept_layout_that_cannot_be_read_changes_nothing(window: Window) -> None:
    window.settings.setValue("window/state", "nonsense")
    assert not window.layouts.resume()
    assert dock(window, "tracks").isVisible()


def test_a_number_key_goes_to_a_panel(qtbot, window: Window) -> None:
    hands.key(window, "Ctrl+2")
    qtbot.waitUntil(lambda: window.parts.layers.isAncestorOf(window.focusWidget()))
    assert window.docks.shows(window.parts.layers)
