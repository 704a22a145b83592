"""Views on the screen, in either theme."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QWidget

from playground.measure.snapshot import Snapshot
from ui.look import theme


@pytest.fixture(autouse=True)
def light(qapp: QApplication) -> Iterator[None]:
    """Every test starts and ends in the light theme."""
    theme.apply(qapp, "light")
    yield
    # Closed views wait for an event loop to delete them; a hundred of them make every change of theme slow.
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    theme.apply(qapp, "light")


@pytest.fixture
def shown(qtbot) -> Callable[..., QWidget]:
    """Put a view on the screen with a snapshot in it."""
    # qtbot holds them weakly, and a window that is collected while another one paints takes Qt down with it.
    kept: list[QWidget] = []

    def show(view, snapshot: Snapshot | None = None, size: tuple[int, int] = (420, 460)):
        kept.append(view)
        qtbot.addWidget(view)
        view.resize(*size)
        view.show()
        qtbot.waitExposed(view)
        if snapshot is not None:
            view.show_snapshot(snapshot)
            QApplication.processEvents()
        return view

    return show
