"""The arrangement of the tracks: which are in sight, and how high each is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec
from PySide6.QtCore import QObject, Signal

from ...look import theme
from ...look.theme import exact_px
from .track import LEAST_ROW, LEAST_TRACK, MOST_ROWS, Track

_Height = Annotated[float, msgspec.Meta(gt=0, le=10_000)]


class _KeptTrack(msgspec.Struct):
    """The state of a track that is kept between two sessions, in pixels at zoom 1."""

    share: _Height
    least: _Height
    hidden: bool = False


class TrackArrangement(QObject):
    """The tracks from top to bottom, with those that are hidden and one that may fill the sheet."""

    changed = Signal()
    """Tracks were hidden, shown, or made to fill the sheet."""
    resized = Signal()
    """The tracks in sight have other heights, or are others of the same names."""

    def __init__(self, tracks: Sequence[Track], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.tracks = tuple(tracks)
        self.hidden: set[str] = set()
        self.enlarged: str | None = None
        """The track that fills the sheet."""

    @property
    def seen(self) -> tuple[Track, ...]:
        """The tracks in sight, from top to bottom."""
        if self.enlarged is not None:
            return tuple(track for track in self.tracks if track.name == self.enlarged)
        return tuple(track for track in self.tracks if track.name not in self.hidden)

    def show_tracks(self, tracks: Sequence[Track]) -> None:
        """Show other tracks of the same names, as high as those before."""
        for track, before in zip(tracks, self.tracks, strict=True):
            track.share, track.least = before.share, before.least
        self.tracks = tuple(tracks)
        self.resized.emit()

    def enlarge(self, name: str) -> None:
        """Let a track fill the sheet, or return from there."""
        self.enlarged = None if self.enlarged == name else name
        self.changed.emit()

    def hide(self, name: str, hide: bool = True) -> None:
        """Hide a track, but never the last one, or show it again."""
        others = {track.name for track in self.tracks} - self.hidden - {name}
        if hide and others:
            self.hidden.add(name)
            self.enlarged = None if self.enlarged == name else self.enlarged
        elif not hide:
            self.hidden.discard(name)
        self.changed.emit()

    def text(self) -> str:
        """Return the hidden tracks and the heights of all, for `restore`."""
        kept = {one.name: _KeptTrack(one.share, one.least, one.name in self.hidden) for one in self.tracks}
        return msgspec.json.encode(kept).decode()

    def restore(self, text: object) -> None:
        """Restore an arrangement; anything else changes nothing."""
        try:
            found = msgspec.json.decode(str(text), type=dict[str, _KeptTrack])
        except msgspec.DecodeError:
            return
        for track in (one for one in self.tracks if one.name in found):
            track.share, track.least = found[track.name].share, found[track.name].least
            self.hide(track.name, found[track.name].hidden)

    # Heights --------------------------------------------------------------------------------------------------------

    def heights(self, room: float) -> list[float]:
        """Divide a room, in pixels, among the tracks in sight."""
        seen = self.seen
        leasts = _least_heights(seen, room)
        if sum(leasts) >= room:
            return [max(1.0, least * room / sum(leasts)) for least in leasts]
        wishes = [max(1.0, exact_px(track.share) - least + 1) for track, least in zip(seen, leasts, strict=True)]
        shares = [exact_px(track.share) for track in seen]
        if sum(shares) <= room:
            # With enough room all grow alike.
            leasts, wishes = [0.0] * len(shares), shares
        left = room - sum(leasts)
        return [least + left * wish / sum(wishes) for least, wish in zip(leasts, wishes, strict=True)]

    def make_taller(self, name: str, by: float, room: float) -> None:
        """Make a track taller at the cost of those below it, or of those above the last one."""
        if self.enlarged is None and len(self.seen) > 1:
            self.move_edge(self.heights(room), [track.name for track in self.seen].index(name), by)

    def move_edge(self, heights: Sequence[float], edge: int, by: float) -> None:
        """Give the tracks in sight these heights, but with the edge below one of them moved."""
        for track, height in zip(self.seen, _moved_edge(heights, edge, by), strict=True):
            track.share, track.least = height / theme.zoom(), LEAST_TRACK
        self.resized.emit()


def _least_heights(seen: Sequence[Track], room: float) -> list[float]:
    """The least heights of the tracks in sight: where there is little room, the higher ones give up theirs."""
    leasts = [exact_px(track.least) for track in seen]
    if all(track.least == LEAST_TRACK for track in seen):
        # Somebody has moved their edges.
        return leasts
    rows = [exact_px(LEAST_ROW * min(track.rows, MOST_ROWS)) for track in seen]
    leasts = [max(pair) for pair in zip(leasts, rows, strict=True)]
    spare = [max(0.0, least - exact_px(LEAST_TRACK)) for least in leasts]
    given = min(1.0, max(0.0, sum(leasts) - room) / sum(spare)) if sum(spare) else 0.0
    return [least - given * extra for least, extra in zip(leasts, spare, strict=True)]


def _moved_edge(heights: Sequence[float], edge: int, by: float) -> list[float]:
    """Return the heights after the edge below one track has moved.

    The tracks below give or take room, the nearest first; the last track takes room from those above.
    """
    if edge == len(heights) - 1:
        edge, by = edge - 1, -by
    result, least = list(heights), exact_px(LEAST_TRACK)
    givers = range(edge + 1, len(result)) if by > 0 else range(edge, -1, -1)
    gainer, left = (edge if by > 0 else edge + 1), abs(by)
    for giver in givers:
        given = min(left, max(0.0, result[giver] - least))
        result[giver] -= given
        result[gainer] += given
        left -= given
    return result
