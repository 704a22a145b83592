"""Numbers in different places of the window are of the same moment."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QWidget

from tests.ui import hands
from ui.views.tracks.view import TracksView
from ui.window.window import Window


@pytest.fixture
def window(window_for: Window) -> Window:
    """One window for all tests but those that ask for a new one."""
    return window_for


def losses(window: Window) -> tuple[str, str]:
    """Training and validation loss as the transport bar writes them, and as the legend of the curves does."""
    legend = window.parts.view(TracksView).shown().headings[0].split()
    losses = window.parts.transport.readout.losses
    return " / ".join(loss.text() for loss in losses), f"{legend[2]} / {legend[4]}"


@pytest.mark.parametrize("speed", [None, 50.0])
def test_transport_curves_and_status_never_disagree(qtbot, window: Window, speed: float | None) -> None:
    window.docks.show("tracks")
    window.wiring.set_speed(speed)
    seen: list[tuple[str, str]] = []
    states: list[tuple[str, str]] = []

    def look() -> None:
        seen.append(losses(window))
        if window.parts.transport.readout.step.text() != "0":
            states.append((f"step {window.parts.transport.readout.step.text()}", window.messages.status.text()))

    window.session.play()
    qtbot.waitUntil(lambda: window.presenter.running)
    window.session.display_timer.timeout.connect(look)
    qtbot.waitUntil(lambda: len({loss for loss, _ in seen}) >= 6)
    window.session.display_timer.timeout.disconnect(look)
    assert [pair for pair in seen if pair[0] != pair[1]] == []
    assert states and [pair for pair in states if pair[0] not in pair[1]] == []
    window.session.pause()
    qtbot.waitUntil(lambda: not window.presenter.running)
    last = window.session.report.snapshot
    assert window.parts.transport.readout.step.text() == f"{last.step:,}"
    assert losses(window)[0] == losses(window)[1]
    assert f"step {last.step:,}" in window.messages.status.text()


def test_leaving_a_curve_brings_back_the_numbers_that_stand_elsewhere(qtbot, trained: Window) -> None:
    trained.docks.show("tracks")
    plot = trained.parts.view(TracksView).findChild(QWidget, "tracks.sheet")
    for round_ in range(20):
        hands.move(plot, QPoint(180 + round_, 40))
        qtbot.waitUntil(lambda: trained.parts.view(TracksView).shown().reading != "epoch")
        hands.leave(plot)
        assert trained.parts.view(TracksView).shown().reading == "epoch"
        assert losses(trained)[0] == losses(trained)[1]
