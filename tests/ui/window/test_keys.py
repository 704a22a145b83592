"""The keyboard in the whole window: the space bar, Enter, Tab, and where the focus goes from what is hidden."""

from __future__ import annotations

from collections import Counter

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QComboBox, QFileDialog, QLineEdit, QWidget

from tests.combinations import LONG
from tests.ui import hands
from tests.ui.windows import control, lay_out, set_rate, settle, snapshot, step
from ui.look import theme
from ui.shell.shortcuts import ShortcutList
from ui.shell.tab_order import tab_order
from ui.window.window import Window


@pytest.fixture
def window(window_for: Window) -> Window:
    """One window for all tests but those that ask for a new one."""
    return window_for


def focus() -> QWidget:
    widget = QApplication.focusWidget()
    assert widget is not None
    return widget


def running(window: Window) -> bool:
    return window.session.report.running


def plays_by_space(qtbot, window: Window) -> bool:
    """Whether the space bar plays and pauses with the keyboard where it is."""
    for wanted in (True, False):
        hands.key_in(window, "Space")
        qtbot.waitUntil(lambda wanted=wanted: running(window) is wanted)
    return True


@pytest.mark.parametrize("panels", [("data", "network"), ("training", "layers"), ("drawing", "microscope")])
def test_space_plays_and_pauses_whatever_has_the_keyboard(qtbot, window: Window, panels: tuple[str, ...]) -> None:
    for name in panels:
        window.docks.show(name)
        qtbot.waitUntil(lambda name=name: name in window.docks.seen)
    window.parts.layers.complete()
    window.wiring.set_speed(1.0)
    experiment = window.session.experiment
    reached = [one for one in tab_order(window.docks) if one.isVisible() and one.objectName() != "drawing.class.name"]
    tried = Counter[type[QWidget]]()
    for widget in reached:
        # What the space bar would do depends on the kind of control; LONG=1 tries all of each kind.
        if LONG or tried[type(widget)] < 3:
            widget.setFocus()
            assert plays_by_space(qtbot, window), widget.objectName()
            tried[type(widget)] += 1
    assert len(reached) > 40 and len(tried) > 5 and window.session.experiment == experiment
    assert QApplication.activePopupWidget() is None


def test_space_is_typed_where_there_is_text(window: Window) -> None:
    window.docks.show("drawing")
    name = hands.control(window, "drawing.class.name", QLineEdit)
    hands.until(name.isVisible, "the drawing tools do not come")
    name.setFocus()
    name.selectAll()
    hands.type_text("two words", name)
    assert name.text() == "two words" and not running(window)


def test_undo_and_redo_belong_to_the_text_first_and_then_to_the_run(window: Window) -> None:
    set_rate(window, 0.5)
    window.docks.show("runs")
    line = hands.control(window, "runs.filter", QLineEdit)
    hands.until(line.isVisible, "the runs do not come")
    line.setFocus()
    hands.type_text("a", line)
    hands.key_in(window, "Ctrl+Z")
    assert line.text() == "" and not window.session.history.undone
    hands.key_in(window, "Ctrl+Shift+Z")
    assert line.text() == "a"
    hands.key_in(window, "Ctrl+Z", "Ctrl+Z")
    assert line.text() == "" and window.session.history.undone
    hands.key_in(window, "Ctrl+Shift+Z", "Ctrl+Shift+Z")
    assert line.text() == "a" and not window.session.history.undone
    line.clear()
    window.docks.docks["runs"].close()


def test_after_an_optimizer_was_chosen_space_plays_and_the_list_stays_closed(qtbot, window: Window) -> None:
    box = control(window, "training.optimizer", QComboBox)
    hands.click(box)
    hands.until(box.view().isVisible, "the list does not open")
    hands.key(box.view(), "Down", "Return")
    hands.until(lambda: not box.view().isVisible(), "the list does not close")
    assert box.hasFocus()
    assert plays_by_space(qtbot, window)
    assert not box.view().isVisible()


def test_the_keys_of_the_drawing_tools_open_their_tab_from_anywhere(window: Window) -> None:
    toolbox = window.parts.drawing.toolbox
    for key, tool in (("B", "brush"), ("E", "eraser"), ("M", "move"), ("C", "cluster")):
        hands.open_tab(window, "Data")
        hands.until(lambda: toolbox.tool is None, "the tool is not put down")
        window.parts.boundary.setFocus()
        hands.key_in(window, key)
        hands.until(lambda: "drawing" in window.docks.seen, "the tools do not come")
        assert toolbox.tool.name == tool and toolbox.buttons[tool].isChecked()
        hands.key_in(window, "B")
        assert toolbox.tool.name == "brush", "another key takes another tool up"


def test_where_letters_are_typed_they_take_up_no_tool(window: Window) -> None:
    noise = control(window, "data.noise")
    hands.fill(noise, "1e-3")
    box = control(window, "training.optimizer", QComboBox)
    box.setFocus()
    hands.key(box, "M")
    assert box.currentText().startswith("M")
    hands.key(box, "Return")
    hands.until(box.view().isVisible, "Enter does not open the list")
    hands.key(box.view(), "B", "E", "C")
    box.hidePopup()
    assert window.parts.drawing.toolbox.tool is None and "drawing" not in window.docks.seen


def test_a_click_on_the_name_of_a_setting_makes_the_response_its_own(window: Window) -> None:
    control(window, "data.noise").setFocus()
    hands.until(lambda: window.responses.path == "data.noise", "the response follows no focus")
    hands.click(hands.control(window, "training.learning_rate.label"))
    assert window.responses.path == "training.learning_rate"


def test_in_an_open_list_space_does_not_play(window: Window) -> None:
    box = control(window, "training.optimizer", QComboBox)
    box.setFocus()
    hands.key(box, "Return")
    hands.until(box.view().isVisible, "Enter does not open the list")
    hands.key(box.view(), "Space")
    assert not running(window) and snapshot(window).step == 0
    box.hidePopup()


def test_after_a_layer_was_dragged_in_space_plays_and_adds_none(qtbot, window: Window) -> None:
    chip = control(window, "layers.new.relu")
    card = control(window, "layers.1")
    layers = window.session.experiment.layers
    above = card.mapToGlobal(card.rect().center() - QPoint(0, 20))
    hands.drag(chip, chip.rect().center(), chip.mapFromGlobal(above))
    hands.until(lambda: len(window.session.experiment.layers) == len(layers) + 1, "no layer came")
    assert plays_by_space(qtbot, window)
    assert len(window.session.experiment.layers) == len(layers) + 1


def test_a_panel_that_goes_behind_another_gives_the_focus_back(qtbot, window: Window) -> None:
    speed = control(window, "transport.speed")
    speed.setFocus()
    box = control(window, "training.optimizer", QComboBox)
    box.setFocus()
    hands.open_tab(window, "Data")
    qtbot.waitUntil(lambda: "training" not in window.docks.seen)
    assert speed.hasFocus()
    assert plays_by_space(qtbot, window)
    assert QApplication.activePopupWidget() is None
    hands.click(control(window, "data.kind.xor"))
    assert window.session.experiment.data.kind == "xor", "the next click is not swallowed"


def test_a_control_that_is_hidden_gives_the_focus_back(window: Window) -> None:
    noise = control(window, "data.noise")
    noise.setFocus()
    window.messages.say("Opened Circle.", ("Undo", lambda: None))
    window.messages.strip.remedy.setFocus()
    window.messages.dismiss()
    assert noise.hasFocus()


def test_enter_presses_a_button_that_tab_has_reached(qtbot, window: Window) -> None:
    hands.control(window, "transport.play").setFocus()
    hands.key(focus(), "Tab")
    assert focus().objectName() == "transport.step"
    hands.key(focus(), "Return")
    qtbot.waitUntil(lambda: step(window) == 1)
    hands.key(focus(), "Enter")
    qtbot.waitUntil(lambda: step(window) == 2)
    window.messages.say("Opened Circle.", ("Undo", lambda: window.session.step()))
    qtbot.waitUntil(lambda: not window.messages.strip.rests)
    window.messages.strip.remedy.setFocus()
    hands.key(focus(), "Return")
    settle(qtbot, window)
    assert step(window) == 3


def test_tab_follows_the_eye_over_all_that_is_in_sight_and_nothing_else(window: Window) -> None:
    window.messages.say("Opened Circle.", ("Undo", lambda: None))
    start = hands.control(window, "transport.reset")
    start.setFocus()
    walked = [start]
    while True:
        hands.key(focus(), "Tab")
        if focus() is start:
            break
        walked.append(focus())
        seen = focus().viewport() if isinstance(focus(), QAbstractScrollArea) else focus()
        assert len(walked) < 300 and window.docks.shows(focus()) and not seen.visibleRegion().isEmpty()
    names = [widget.objectName() for widget in walked]
    parts = ("transport.play", "strip.remedy", "data.noise", "features.x1", "network.diagram")
    assert [names.index(part) for part in parts] == sorted(names.index(part) for part in parts)
    assert names.index("data.points") < names.index("data.noise") < names.index("data.classes")
    assert window.parts.boundary in walked and len(set(walked)) == len(walked)
    assert not [name for name in names if name.startswith(("training.optimizer", "layers.", "drawing."))]
    hands.key(start, "Shift+Tab")
    assert focus() is walked[-1]


def test_f6_goes_from_part_to_part_and_back_to_where_it_was(new_window: Window) -> None:
    window = new_window
    window.messages.say("Opened Circle.", ("Undo", lambda: None))
    noise = control(window, "data.noise")
    noise.setFocus()
    walked = []
    while noise not in walked:
        hands.key_in(window, "F6")
        walked.append(focus())
        assert len(walked) < 20
    parts = ["response.chart", "network.diagram", "boundary", "tracks.sheet", "transport.controls", "strip.remedy"]
    boundary = window.parts.boundary
    assert ["boundary" if one is boundary else one.objectName() for one in walked] == [*parts, "data.noise"]
    hands.key_in(window, "F6", "F6")
    hands.key_in(window, "Shift+F6", "Shift+F6")
    assert focus() is noise, "where the keyboard was, not the first control of the part"
    action = window.menus.action("go_to.next")
    assert action.shortcut().toString() == "F6"


def test_f6_leaves_a_picture_in_front_that_somebody_has_put_there(window: Window) -> None:
    window.docks.show("histograms")
    reached = set[str]()
    for _ in range(8):
        hands.key_in(window, "F6")
        reached.add(window.docks.holding(focus()) or "")
    assert "histograms" in reached and "network" not in reached
    window.docks.show("network")


def test_every_part_that_f6_reaches_shows_the_focus(new_window: Window) -> None:
    window = new_window
    for scheme in ("dark", "light"):
        theme.apply(QApplication.instance(), scheme)
        window.apply_theme()
        pictures = set[str]()
        for _ in range(8):
            hands.key_in(window, "F6")
            part, focused = focus(), focus().grab().toImage()
            part.clearFocus()
            hands.until(lambda part=part, focused=focused: part.grab().toImage() != focused, part.objectName())
            part.setFocus()
            pictures.add(part.objectName())
        assert {"response.chart", "tracks.sheet"} < pictures
    sheet = control(window, "tracks.sheet")
    sheet.clearFocus()
    unfocused = sheet.grab().toImage()
    sheet.setFocus(Qt.FocusReason.MouseFocusReason)
    assert sheet.grab().toImage() == unfocused, "after a click nobody has to see it"


@pytest.mark.parametrize("zoom", [1.25, 2.0])
def test_f6_reaches_the_main_pictures_that_share_a_place_at_a_larger_size(window: Window, zoom: float) -> None:
    window.zoom_to(zoom)
    lay_out(window)
    window.messages.clear()
    places = []
    for _ in range(12):
        hands.key_in(window, "F6")
        places.append(window.docks.holding(focus()) or focus().accessibleName())
        assert window.docks.shows(focus())
    controls = {"Controls", "data", "response"} if zoom < 2 else {"Controls"}
    assert set(places) == {"network", "boundary", "tracks", *controls}
    assert places[: len(set(places))] * 2 == (places * 2)[: 2 * len(set(places))]


def test_tab_scrolls_to_what_it_reaches(window: Window) -> None:
    window.resize(1280, window.minimumSizeHint().height())
    last = hands.control(window, "features.radius")
    tab_order(window.docks)[tab_order(window.docks).index(last) - 1].setFocus()
    hands.key(focus(), "Tab")
    assert focus() is last and not last.visibleRegion().isEmpty()


def test_the_focus_returns_after_a_dialog(window: Window) -> None:
    noise = control(window, "data.noise")
    for opens, dialog in (("F1", ShortcutList), ("Ctrl+O", QFileDialog)):
        noise.setFocus()
        hands.key(noise, opens)
        hands.until(lambda dialog=dialog: window.findChild(dialog), "no dialog comes")
        found = window.findChild(dialog)
        found.reject()
        hands.until(lambda dialog=dialog: window.findChild(dialog) is None, "the dialog stays")
        window.activateWindow()
        hands.until(noise.hasFocus, f"the focus does not return after {opens}")
    hands.key(noise, "Ctrl+K")
    hands.until(lambda: not noise.hasFocus(), "the palette does not come")
    hands.key(focus(), "Escape")
    assert noise.hasFocus()


def test_keys_that_are_held_act_once_unless_more_of_the_same_is_meant(window: Window) -> None:
    actions = [action for action in window.findChildren(QAction) if action.objectName() and action.shortcuts()]
    repeating = {action.objectName() for action in actions if action.autoRepeat()}
    steps = {"training.step", "training.epoch", "edit.undo", "edit.redo", "size.larger", "size.smaller"}
    steps |= {"go_to.next", "go_to.previous"}
    assert repeating == steps and len(actions) > 30
