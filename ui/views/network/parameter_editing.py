"""Editing a weight or a bias in the drawing of the network: which one, where the editor stands, what is asked for."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtWidgets import QWidget

from ui.look.theme import px
from ui.views.network.diagram import Hit
from ui.views.network.places import Places
from ui.views.network.weight_editor import WeightEditor
from ui.views.network.widget import NetworkCanvas
from ui.views.network.wording import Wording, parameter_exists


class ParameterEditing(QObject):
    """Opens the editor on one parameter at a time, beside it, and says what becomes of it."""

    edited = Signal(object, object, object, object, object)
    """Name in weight files (W0, b0), place in that array (a tuple), value, words for the history of edits, and whether
    more of the same edit follows."""
    changed = Signal()
    """Another parameter is edited, or none."""

    def __init__(
        self, view: QWidget, canvas: NetworkCanvas, places: Callable[[], Places], wording: Callable[[], Wording]
    ) -> None:
        super().__init__(view)
        self._view, self._canvas, self._places, self._wording = view, canvas, places, wording
        self._hit: Hit | None = None
        self._editor = WeightEditor(view)
        self._editor.edited.connect(self._on_edited)
        self._editor.moved.connect(self._on_moved)
        self._editor.closed.connect(self._on_closed)

    def open(self, hit: Hit) -> None:
        """Edit a weight or a bias."""
        self._hit = hit
        self._canvas.keep(hit)
        wording = self._wording()
        name, of = ("Bias", "of ") if hit.kind == "bias" else ("Weight", "")
        self._editor.open(name, f"{name} {of}{wording.whose(hit)}", wording.value(hit))
        self.place()

    def confirm(self) -> None:
        """Take over what was typed, and close."""
        if self._hit is not None:
            self._editor.confirm()

    def cancel(self) -> None:
        """Close: what was edited may be another parameter now, or none."""
        self._hit = None
        self._editor.cancel()

    def show_value(self) -> None:
        """Follow the value while the network trains."""
        if self._hit is not None:
            self._editor.show_value(self._wording().value(self._hit))

    def place(self) -> None:
        """Put the editor next to what it edits, inside the view."""
        if self._hit is None:
            return
        spot, edge, away = self._places().parameter(self._hit), px(4), px(14)
        size, room = self._editor.size(), self._view.rect().adjusted(edge, edge, -edge, -edge)
        x = min(max(spot.x() - size.width() / 2, room.left()), max(room.left(), room.right() - size.width()))
        y = spot.y() + away if spot.y() + away + size.height() <= room.bottom() else spot.y() - away - size.height()
        self._editor.move(QPoint(int(x), int(max(y, room.top()))))

    def _on_edited(self, value: float, changing: bool) -> None:
        hit, wording = self._hit, self._wording()
        if hit is None or not parameter_exists(hit, wording.structure):
            return
        bias = hit.kind == "bias"
        name, place = (f"b{hit.place}", (hit.unit,)) if bias else (f"W{hit.place}", (hit.unit, hit.source))
        label = f"bias of {wording.whose(hit)}" if bias else f"weight {wording.whose(hit)}"
        self.edited.emit(name, place, value, label, changing)

    def _on_moved(self, by: int) -> None:
        """Go on to another parameter of the same unit: the bias, then the weights in order, and round again."""
        if self._hit is None:
            return
        place, unit = self._hit.place, self._hit.unit
        hits = [Hit("bias", place, unit)]
        hits += [Hit("wire", place, unit, source) for source in range(self._wording().structure.inputs(place))]
        now = hits.index(self._hit) if self._hit in hits else 0
        self._canvas.point_at(None)
        self.open(hits[(now + by) % len(hits)])
        self.changed.emit()

    def _on_closed(self) -> None:
        self._hit = None
        self._canvas.keep(None)
        self.changed.emit()
        if self._view.isVisible():
            self._canvas.setFocus(Qt.FocusReason.OtherFocusReason)
