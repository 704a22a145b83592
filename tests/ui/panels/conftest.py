"""Panels on the screen, with somebody who holds the experiment as the session does."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QWidget

from playground import Experiment, check
from playground.experiment.words import edit_words
from ui.look import theme
from ui.panels.panel import Panel


class Owner:
    """Takes what a panel asks for, checks it, and shows it back."""

    def __init__(self, panel: Panel, experiment: Experiment) -> None:
        self.panel, self.experiment = panel, experiment
        self.begun = experiment
        """What the run of edits under way began with."""
        self.asked: list[tuple[str, bool]] = []
        panel.edited.connect(self.take)
        panel.show_experiment(experiment)

    def take(self, experiment: Experiment, title: str, changing: bool) -> None:
        self.experiment = check(experiment)
        self.asked.append((title or edit_words(self.begun, experiment), changing))
        if not changing:
            self.begun = self.experiment
        self.panel.show_experiment(experiment)

    def find(self, name: str) -> QWidget:
        widget = self.panel.findChild(QWidget, name)
        assert widget is not None, f"no control named {name}"
        return widget


@pytest.fixture
def own(qtbot, qapp: QApplication) -> Callable[[Panel, Experiment], Owner]:
    """Put a panel on the screen, showing an experiment."""
    # Panels of earlier tests wait for an event loop to delete them, and a style sheet would dress them all.
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    theme.apply(qapp, "light")

    def put(panel: Panel, experiment: Experiment) -> Owner:
        qtbot.addWidget(panel)
        panel.resize(330, 900)
        owner = Owner(panel, experiment)
        panel.show()
        qtbot.waitExposed(panel)
        return owner

    return put
