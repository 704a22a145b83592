"""What exports are made from: one immutable value, cheap to make on the thread that trains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import msgspec
import numpy as np

from playground.catalog.choice import Array
from playground.catalog.datasets.base import TRAIN, Sample
from playground.catalog.features import feature_columns
from playground.catalog.losses import CrossEntropy
from playground.engine import reference
from playground.engine.evaluation import mean_loss
from playground.engine.network import Network
from playground.engine.setup import grid_points
from playground.experiment.tree import Experiment
from playground.measure.snapshot import History
from playground.run.run import initial_state
from playground.run.trainer import Trainer


class Exportable(NamedTuple):
    """A moment of a run, immutable so that any thread may write it."""

    experiment: Experiment
    sample: Sample
    network: Network
    parameters: Mapping[str, Array]
    """At present, named as in weight files."""
    initial: Mapping[str, Array]
    """The parameters that training started from."""
    step: int
    """Updates so far."""
    history: History
    repeatable: bool
    """Whether training the experiment from `initial` gives `history`: nothing was changed on the way."""

    @classmethod
    def of(cls, trainer: Trainer) -> Exportable:
        """The present moment of a run."""
        history, network = History(*trainer.history.view().T), trainer.network
        unchanged = history.step[0] == 0 and all(change.step == 0 for change in trainer.run.record.changes)
        start = trainer.run.record.started_from if unchanged else None
        if start is None:
            start = initial_state(trainer.setup).parameters
        # A network that was rebuilt on the way no longer knows what it started from.
        train = trainer.setup.train
        loss = mean_loss(network, reference.outputs(network, start, train.inputs), train)
        same_start = loss is not None and abs(loss - history.train_loss[0]) <= 1e-5 * max(1.0, abs(loss))
        return cls(
            experiment=trainer.experiment,
            sample=trainer.sample,
            network=network,
            parameters=_parameters_by_name(network, trainer.state.parameters),
            initial=_parameters_by_name(network, start),
            step=trainer.state.step,
            history=history,
            repeatable=bool(unchanged and same_start),
        )

    def predictions(self, x: Array) -> Array:
        """The engine's predictions for points `x`, shape (n, 2), in the experiment's precision: shape (n, outputs).

        Probabilities for cross-entropy, else what the output layer gives.
        """
        return _predictions(self.network, self.experiment, self.parameters, x)

    def rounding(self, x: Array) -> float:
        """The largest difference between the engine's predictions and those in float64 with the same weights."""
        exact = _predictions(replace(self.network, dtype=np.dtype(np.float64)), self.experiment, self.parameters, x)
        return float(np.nanmax(np.abs(self.predictions(x) - exact), initial=0.0))

    def repeated(self, epochs: int) -> History:
        """The history of the same training in float64."""
        if self.experiment.precision == "float64":
            return self.history
        trainer = Trainer(
            msgspec.structs.replace(self.experiment, precision="float64"), initial=self.initial, engine="reference"
        )
        trainer.advance(epochs=epochs)
        return History(*trainer.history.view().T)

    @property
    def training_points(self) -> int:
        """The number of training points."""
        return int(np.sum(self.sample.split == TRAIN))

    def points_to_ask(self, side: int = 25, most: int = 1000) -> Array:
        """The points at which an export is compared, shape (n, 2): a grid over the plane, and points of the data."""
        places = np.linspace(0, len(self.sample.x) - 1, min(most, len(self.sample.x))).round().astype(np.intp)
        return np.concatenate([grid_points(side), self.sample.x[places]])


def _predictions(network: Network, experiment: Experiment, parameters: Mapping[str, Array], x: Array) -> Array:
    """See `Exportable.predictions`."""
    o = reference.outputs(
        network, flat_parameters(network, parameters), feature_columns(experiment.features, x, network.dtype)
    )
    with np.errstate(all="ignore"):
        said = network.loss.probabilities(o) if isinstance(network.loss, CrossEntropy) else o
    result: Array = said.T
    return result


def _parameters_by_name(network: Network, parameters: Array) -> dict[str, Array]:
    """Flat parameters as read-only copies, named as in weight files."""
    kept = parameters.astype(network.dtype)
    kept.setflags(write=False)
    return {
        f"{name}{number}": values
        for number, layer in enumerate(network.layers)
        for name, values in layer.named(kept).items()
    }


def flat_parameters(network: Network, parameters: Mapping[str, Array]) -> Array:
    """Parameters by name as the flat array of the engine."""
    result = np.empty(network.size, network.dtype)
    for number, layer in enumerate(network.layers):
        for name, place in layer.named(result).items():
            place[...] = parameters[f"{name}{number}"]
    return result
