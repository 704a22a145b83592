"""The names beside the tracks, as buttons, and the button with the symbol of the size that gradients show."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QToolButton, QWidget

from ...forms.buttons import identify, tip
from ...look.theme import px
from .gradients import GradientTrack
from .track import Track

_SYMBOL_FROM = 34
"""The height in pixels from which the track of the gradients has room to say which size it shows."""
_USE = (
    "Click to enlarge it, and again to return. Drag the edge below it, or press plus and minus, to change its height. "
    "Delete hides it; the settings at the top right bring it back. The wheel zooms along the time axis, and dragging "
    "moves along it."
)


class TrackName(QToolButton):
    """The name of a track, as a button that lets it fill the sheet."""

    taller = Signal(float)
    hidden_away = Signal()

    def __init__(self, track: Track, parent: QWidget) -> None:
        super().__init__(parent)
        identify(self, f"tracks.name.{track.name}", track.title)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self.click()
            case Qt.Key.Key_Plus | Qt.Key.Key_Equal:
                self.taller.emit(px(8))
            case Qt.Key.Key_Minus:
                self.taller.emit(-px(8))
            case Qt.Key.Key_Delete | Qt.Key.Key_Backspace:
                self.hidden_away.emit()
            case _:
                super().keyPressEvent(event)

    def explain(self, track: Track) -> None:
        """Follow the title and the help of the track, which depend on what it shows."""
        if self.text() != track.title:
            self.setText(track.title)
        if self.toolTip() != (words := tip(track.help, _USE)):
            identify(self, None, track.title, words)

    def stand_beside(self, place: QRectF, room: int) -> None:
        """Stand at the left of the place of the track, at most as wide as there is room."""
        top = round(place.top() + min(0, (place.height() - self.height()) / 2))
        self.setGeometry(px(2), top, min(room, self.sizeHint().width()), self.height())


class SizeSymbol(QToolButton):
    """Says which size of the gradients is shown, and changes it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        identify(self, "tracks.symbol")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def stand_below(self, name: TrackName, track: GradientTrack, place: QRectF) -> None:
        """Stand below the name of the track, if it has room for both."""
        self.setVisible(place.height() >= px(_SYMBOL_FROM))
        if self.text() != track.quantity.symbol:
            words = f"{track.quantity.help} Click to show another measure."
            self.setText(track.quantity.symbol)
            identify(self, None, f"Size of the gradients: {track.quantity.symbol}", tip(words))
        self.setGeometry(px(2), name.geometry().bottom() + 1, self.sizeHint().width(), px(16))
