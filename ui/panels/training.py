"""How the network learns: loss, optimizer, learning rate, regularizer, batches; everything else below “More”.

The first rows are chosen by hand. Every other field that `Training` declares, now or later, appears below “More” by
itself.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from PySide6.QtWidgets import QVBoxLayout, QWidget

from playground import Experiment, Training
from playground.catalog.datasets.base import Task
from playground.catalog.losses import default_loss
from playground.experiment.declarations import fields_of
from ui.forms.rows import ChoiceRow, Look, row_for
from ui.look.theme import GRID, px
from ui.panels.panel import Panel, Section, heading
from ui.panels.tasks import task_of

_FIRST = (
    "training.learning_rate",
    "training.optimizer",
    "training.schedule",
    "training.batch_size",
    "loss",
    "regularizer",
    "training.weight_decay",
)
_MORE_OF_EXPERIMENT = ("initializer", "bias", "seed", "precision")
_LOOKS: Mapping[str, Look] = {
    "training.learning_rate": Look(prominent=True),
}


class TrainingPanel(Panel):
    """Loss, optimizer, learning rate, schedule, regularizer, batches and all the rest of training."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lines = QVBoxLayout(self)
        self.lines.setContentsMargins(px(GRID + GRID // 2), px(GRID), px(GRID + GRID // 2), px(GRID))
        self.lines.setSpacing(px(GRID // 2))
        self.lines.addWidget(heading("Training"))
        for path in _FIRST:
            self._add_row(path, self.lines)
        self.more = Section("More", "Batches, noise, clipping, initial weights and precision")
        self.more.button.setObjectName("training.more")
        for path in self._more_paths():
            self._add_row(path, self.more.lines)
        self.lines.addSpacing(px(GRID // 2))
        self.lines.addWidget(self.more)
        self.lines.addStretch(1)
        self.show_experiment(self.experiment)

    @staticmethod
    def _more_paths() -> list[str]:
        paths = [f"training.{name}" for name in fields_of(Training)] + list(_MORE_OF_EXPERIMENT)
        return [path for path in paths if path not in _FIRST]

    def _add_row(self, path: str, lines: QVBoxLayout) -> None:
        owner: type[msgspec.Struct] = Training if path.startswith("training.") else Experiment
        row = row_for(fields_of(owner)[path.rpartition(".")[2]], path, _LOOKS.get(path, Look()))
        if row is not None:
            lines.addWidget(self.add(row))

    def show_experiment(self, experiment: Experiment) -> None:
        super().show_experiment(experiment)
        task = task_of(experiment.data)
        self._show_automatic_loss(task)
        self._show_what_matters(experiment)

    def _show_automatic_loss(self, task: Task) -> None:
        row = self.rows["loss"]
        if isinstance(row, ChoiceRow):
            automatic = default_loss(task)
            why = f"{automatic.label} is what {task} usually takes."
            row.set_nothing(f"Auto: {automatic.label.lower()}", why, automatic.formula)

    def _show_what_matters(self, experiment: Experiment) -> None:
        everything = experiment.training.batch_size == 0
        self.rows["training.shuffle"].set_available(
            not everything, "Every batch is the whole set, so the order of the points makes no difference."
        )
        self.rows["training.batching"].set_available(
            not everything, "Every batch is the whole set, so no points are left over."
        )
