"""The data sets of playground.tensorflow.org, number for number."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from playground.catalog.choice import Array, Task, setting
from playground.catalog.datasets import tfdata
from playground.catalog.datasets.base import CLASS_NAMES, LONGEST_SEED, TRAIN, VALIDATION, Dataset, Raw
from playground.files.errors import InputError


class TfPlayground(Dataset, frozen=True, tag="tfplayground"):
    """The points of TensorFlow Playground, number for number, as its links describe them. In most data sets, noise appears as wrong labels."""

    label = "Playground"
    tasks = ("classification", "regression")

    dataset: Annotated[
        Literal["circle", "xor", "gauss", "spiral", "reg-plane", "reg-gauss"],
        setting("Shape", "Which of its six data sets to use. The first four have two classes; those whose names begin with reg have values."),
    ] = "circle"  # fmt: skip
    noise: Annotated[
        float,
        setting("Noise", "How far each point is moved before its label is decided; most of the data sets then show it in its old place. At 0, the classes are clean; from 50 on, they mix.", ge=0, le=80, slider=(0, 50), unit="%"),
    ] = 0.0  # fmt: skip
    train_percent: Annotated[
        float,
        setting("Training share", "The share of points to train on; the others are for validation. A larger share reduces overfitting; at 100, no points are left to reveal it.", gt=0, le=100, slider=(10, 90), unit="%"),
    ] = 50.0  # fmt: skip
    seed: Annotated[
        str,
        setting("Seed", "Any text, which decides the points and the initial weights. The same text gives the same run as in the browser."),
    ] = "0.5"  # fmt: skip

    def drawn(self) -> tuple[Raw, Array]:
        x, labels, _ = tfdata.draw(self.dataset, self.noise, self.seed)
        split = np.full(self.size, VALIDATION, dtype=np.int8)
        split[: self.training_points] = TRAIN
        if self.task == "regression":
            return Raw(x, labels, "regression"), split
        return Raw(x, (labels > 0).astype(np.int64), "classification", CLASS_NAMES[:2]), split

    @property
    def task(self) -> Task:
        return "classification" if self.dataset in tfdata.CLASSIFICATIONS else "regression"

    @property
    def size(self) -> int:
        return tfdata.point_count(self.dataset)

    @property
    def training_points(self) -> int:
        """The number of training points, which are the first ones."""
        return int(self.size * self.train_percent / 100)

    def kept_out(self, n: int) -> tuple[int, int]:
        return n - self.training_points, 0

    def stream(self) -> tfdata.Arc4:
        return tfdata.draw(self.dataset, self.noise, self.seed).stream.copy()

    def check(self) -> None:
        if not 1 <= len(self.seed) <= LONGEST_SEED:
            raise InputError("data.seed", self.seed, f"a text of 1 to {LONGEST_SEED} characters")
        if self.training_points < 1:
            allowed = f"at least {100 / self.size:.2g}, to leave a point to train on"
            raise InputError("data.train_percent", self.train_percent, allowed)
