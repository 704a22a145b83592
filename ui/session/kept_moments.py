"""The moments that undo and redo return to, kept in a bounded part of memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import TypeAlias

import numpy as np

from playground import Checkpoint, Document, Trainer
from playground.catalog.datasets.table import Table

REMEMBERED = 200
"""How many edits keep the moment before them for undo."""
_REMEMBERED_WHOLE = 20
"""How many edits that started another run keep the whole run before, which takes up to some megabytes."""
_REMEMBERED_PAST = 16 * 2**20
"""How many bytes of checkpoints a whole run keeps with itself for undo."""
_MOST_BYTES = 256 * 2**20
"""How much memory the moments for undo may take; the oldest go first."""
KeptMoment: TypeAlias = Checkpoint | Document | float
"""The moment before a change, the whole run before another began, or a weight's value."""


class KeptMoments:
    """What undo and redo return to, by the names that commands give it."""

    def __init__(self) -> None:
        self._kept: OrderedDict[object, KeptMoment] = OrderedDict()
        self.swapped: set[object] = set()
        """The names of moments all of whose weights come back, because the other way they changed places."""

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, name: object) -> KeptMoment | None:
        """Return what is kept under a name, if there is anything."""
        return self._kept.get(name)

    def take(self, name: object) -> KeptMoment | None:
        """Return what is kept under a name, and keep it no longer."""
        return self._kept.pop(name, None)

    def remember(self, name: object, trainer: Trainer, *, whole: bool) -> None:
        """Keep the present moment, with its history if `whole`, unless something is kept under the name."""
        if name is None or name in self._kept:
            return
        kept = trainer.document() if whole else trainer.checkpoint()
        if isinstance(kept, Document):
            self.remember_run(name, kept)
        else:
            self._kept[name] = kept
            self._keep_latest()

    def remember_run(self, name: object, kept: Document) -> None:
        """Keep a whole run."""
        if not isinstance(kept.experiment.data, Table):
            # All but the points of a file, which may change, can be drawn again.
            kept = kept._replace(sample=None)
        if kept.past is not None:
            kept = kept._replace(past=kept.past.within(_REMEMBERED_PAST))
        self._kept[name] = kept
        documents = [(name, kept) for name, kept in self._kept.items() if isinstance(kept, Document)]
        for name, document in documents[:-_REMEMBERED_WHOLE]:
            self._kept[name] = document.present
        self._keep_latest()

    def remember_weight(self, name: object, value: float) -> None:
        """Keep a weight's value, unless something is kept under the name."""
        if name is not None and name not in self._kept:
            self._kept[name] = value
            self._keep_latest()

    def remember_weights(self, values: Mapping[object, float]) -> None:
        """Keep the values of weights by name, unless something is kept under it."""
        for name, value in values.items():
            self.remember_weight(name, value)

    def forget(self, names: Iterable[object]) -> None:
        """Keep nothing under these names any longer."""
        for name in names:
            self._kept.pop(name, None)
            self.swapped.discard(name)

    def _keep_latest(self) -> None:
        sizes = {name: _size(kept) for name, kept in self._kept.items()}
        total = sum(sizes.values())
        while len(self._kept) > REMEMBERED or (total > _MOST_BYTES and len(self._kept) > 1):
            name, _ = self._kept.popitem(last=False)
            total -= sizes[name]


def _size(kept: KeptMoment) -> int:
    """The bytes of the arrays of a kept moment."""
    if isinstance(kept, float):
        return 8
    if isinstance(kept, Document):
        rows = kept.history.rows.nbytes + kept.gradients.rows.nbytes + (kept.past.size if kept.past is not None else 0)
        return rows + sum(_size(moment) for moment in kept.checkpoints.values())
    arrays = (getattr(kept.state, known.name) for known in fields(kept.state))
    own = sum(array.nbytes for array in arrays if isinstance(array, np.ndarray))
    return own if kept.way_back is None else own + _size(kept.way_back)
