"""The training panel: loss, optimizer, learning rate, regularizer, batches; everything else below “More”.

The first rows are chosen by hand. Every other field that `Training` declares, now or later, appears below “More” by
itself.
"""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from playground import Experiment, Training
from playground.catalog.losses import default_loss
from playground.experiment.declarations import fields_of
from playground.experiment.paths import field_at
from playground.experiment.tasks import task_of

from ..forms.layouts import PANEL_MARGINS, STRETCH, fill, tight
from ..forms.rows import ChoiceRow, Look, row_for
from ..look.theme import GRID, px
from .panel import Panel, Section, heading

_FIRST = (
    "training.learning_rate",
    "training.optimizer",
    "training.schedule",
    "training.batch_size",
    "loss",
    "regularizer",
    "training.weight_decay",
)
_MORE = ("initializer", "bias", "seed", "precision")


class TrainingPanel(Panel):
    """Loss, optimizer, learning rate, schedule, regularizer, batches and all the rest of training."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        lines = fill(tight(QVBoxLayout(self), margins=PANEL_MARGINS), heading("Training"))
        self.more = Section("More", "Batches, noise, clipping, initial weights and precision")
        self.more.button.setObjectName("training.more")
        for path in dict.fromkeys((*_FIRST, *(f"training.{name}" for name in fields_of(Training)), *_MORE)):
            row = row_for(field_at(self.experiment, path), path, Look(prominent=path == "training.learning_rate"))
            if row is not None:
                (lines if path in _FIRST else self.more.lines).addWidget(self.add(row))
        lines.addSpacing(px(GRID // 2))
        fill(lines, self.more, STRETCH)
        self.show_experiment(self.experiment)

    def show_experiment(self, experiment: Experiment) -> None:
        super().show_experiment(experiment)
        task, loss = task_of(experiment.data), self.rows["loss"]
        if isinstance(loss, ChoiceRow):
            automatic = default_loss(task)
            why = f"{automatic.label} is the usual choice for {task}."
            loss.set_nothing(f"Auto ({automatic.label.lower()})", why, automatic.formula)
