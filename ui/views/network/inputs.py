"""The button below the drawn inputs, with the list of all inputs, each of which can be switched on and off."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QMenu, QPushButton, QWidget

from playground.catalog.features import FEATURES

from ...forms.buttons import identify, tip

_HELP = "Lists all inputs. Those with a check mark are in use."


class InputsButton(QPushButton):
    """The button that says how many inputs are not in use, and opens the list of all."""

    toggled_feature = Signal(str)
    """The name in files of an input that should be switched on or off."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        identify(self, "network.inputs", "Inputs", tip(_HELP), _HELP).setProperty("small", True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._list = _StayingMenu(self)
        self._list.setToolTipsVisible(True)
        self._list.setObjectName("network.inputs.list")
        self._entries: dict[str, QAction] = {}
        for name, feature in FEATURES.items():
            entry = self._entries[name] = self._list.addAction(feature.label)
            entry.setCheckable(True)
            entry.setToolTip(tip(feature.help))
            entry.triggered.connect(lambda _=False, name=name: self.toggled_feature.emit(name))
        self.clicked.connect(self._open)

    def show_features(self, used: tuple[str, ...]) -> None:
        """Check the inputs in use."""
        for name, entry in self._entries.items():
            entry.setChecked(name in used)
        others = len(FEATURES) - len(used)
        self.setText(f"{others} more…" if others else "Inputs…")

    def _open(self) -> None:
        self._list.popup(self.mapToGlobal(self.rect().bottomLeft()))


class _StayingMenu(QMenu):
    """A menu that stays open while its entries are checked, with the mouse or Space; Enter closes it."""

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        entry = self.actionAt(event.position().toPoint())
        if entry is not None and event.button() == Qt.MouseButton.LeftButton:
            entry.trigger()
        else:
            super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        entry = self.activeAction()
        if entry is not None and event.key() == Qt.Key.Key_Space:
            entry.trigger()
        else:
            super().keyPressEvent(event)
