"""Every control of the whole window says what it is and what it does."""

from __future__ import annotations

from tests.ui.accessibility import unnamed
from ui.window.window import Window


def test_every_control_of_the_window_has_a_name_an_explanation_and_a_label(qtbot, window: Window) -> None:
    for dock in window.docks.docks:
        window.docks.show(dock)
        qtbot.waitUntil(lambda name=dock: name in window.docks.seen)
    assert not unnamed(window)


def test_a_nameless_control_is_found(window: Window) -> None:
    window.parts.transport.play.setAccessibleName("")
    assert any("transport.play" in fault for fault in unnamed(window))
