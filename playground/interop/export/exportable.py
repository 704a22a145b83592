"""The immutable value from which exports are written; cheap to make on the thread that trains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import msgspec
import numpy as np

from playground.catalog.choice import Array
from playground.catalog.datasets.base import UNSCALED_AXES, Sample
from playground.catalog.features import feature_columns
from playground.catalog.losses import CrossEntropy
from playground.engine import reference
from playground.engine.evaluation import Evaluation, evaluate
from playground.engine.network import Network
from playground.engine.setup import Setup, grid_points
from playground.experiment.tree import Experiment
from playground.interop.opening import own_title
from playground.measure.snapshot import History, Status
from playground.run.run import initial_state
from playground.run.trainer import Trainer


@dataclass(frozen=True)
class Exportable:
    """A moment of a run that any thread may export. Costly attributes are computed when they are first used."""

    setup: Setup
    parameters: Mapping[str, Array]
    """The present parameters, named as in weight files."""
    initial: Mapping[str, Array]
    """The parameters that training started from."""
    step: int
    """The number of updates so far."""
    history: History
    unchanged: bool
    """Whether the record holds the whole run, and no change after step 0."""
    status: Status
    unstarted: bool
    """Whether the weights are still the random initial ones: not trained, loaded or edited."""

    @classmethod
    def of(cls, trainer: Trainer) -> Exportable:
        """The present moment of a trainer's run."""
        history, record, setup = History(*trainer.history.view().T), trainer.run.record, trainer.setup
        unchanged = bool(history.step[0] == 0 and all(change.step == 0 for change in record.changes))
        start = record.started_from if unchanged else None
        if start is None:
            start = initial_state(setup).parameters
        return cls(
            setup=setup,
            parameters=_parameters_by_name(setup.network, trainer.state.parameters),
            initial=_parameters_by_name(setup.network, start),
            step=trainer.state.step,
            history=history,
            unchanged=unchanged,
            status=trainer.status,
            unstarted=trainer.state.step == 0 and not record.initial and not record.changes,
        )

    @property
    def experiment(self) -> Experiment:
        return self.setup.experiment

    @property
    def sample(self) -> Sample:
        return self.setup.sample

    @property
    def network(self) -> Network:
        return self.setup.network

    @cached_property
    def evaluation(self) -> Evaluation:
        """The losses and accuracies of the network with its present parameters."""
        return self._evaluate(self.parameters)

    @cached_property
    def repeatable(self) -> bool:
        """Whether training the experiment from `initial` gives `history`."""
        if not self.unchanged:
            return False
        # A network that was rebuilt during the run no longer has the parameters it started from.
        loss = self._evaluate(self.initial).train_loss
        return loss is not None and bool(abs(loss - self.history.train_loss[0]) <= 1e-5 * max(1.0, abs(loss)))

    def _evaluate(self, parameters: Mapping[str, Array]) -> Evaluation:
        """The losses and accuracies of the network with the given parameters."""
        flat = flat_parameters(self.network, parameters)
        return evaluate(self.setup, lambda inputs: reference.outputs(self.network, flat, inputs))

    @property
    def title(self) -> str:
        """The experiment's own name, or that of its data."""
        return own_title(self.experiment)

    @property
    def problem(self) -> str:
        """The reason, in words, why exporting the network is probably a mistake; empty if there is none."""
        if self.status == "diverged":
            return "The training diverged, so that the network has only its last finite weights."
        return "The network has not been trained." if self.unstarted else ""

    def predictions(self, x: Array) -> Array:
        """The engine's predictions for points `x`, shape (n, 2), in the data's own units: shape (n, outputs).

        Probabilities for cross-entropy, values in the target's own unit for regression, else the raw outputs.
        """
        return self._predictions(self.network, x)

    def _predictions(self, network: Network, x: Array) -> Array:
        """The `predictions` of another network with the same parameters."""
        columns = feature_columns(self.experiment.features, self._on_the_plane(x), network.dtype)
        o = reference.outputs(network, flat_parameters(network, self.parameters), columns)
        if self.sample.task == "regression":
            return self.sample.in_own_unit(o).T
        with np.errstate(all="ignore"):
            said = network.loss.probabilities(o) if isinstance(network.loss, CrossEntropy) else o
        result: Array = said.T
        return result

    def _on_the_plane(self, x: Array) -> Array:
        """Points in the data's own units, converted to coordinates on the plane; both of shape (n, 2)."""
        if self.sample.axis_scales == UNSCALED_AXES:
            return x
        columns = [
            (x[:, k] - scale.offset) / scale.factor if scale.factor else np.zeros(len(x))
            for k, scale in enumerate(self.sample.axis_scales)
        ]
        return np.stack(columns, axis=1)

    def in_precision(self, x: Array, precision: str) -> Array:
        """The `predictions` of the same weights, computed in another precision."""
        return self._predictions(replace(self.network, dtype=np.dtype(precision)), x)

    def repeated(self, epochs: int) -> History:
        """The history of the same training repeated in float64."""
        if self.experiment.precision == "float64":
            return self.history
        trainer = Trainer(
            msgspec.structs.replace(self.experiment, precision="float64"), initial=self.initial, engine="reference"
        )
        trainer.advance(epochs=epochs)
        return History(*trainer.history.view().T)

    def rows_to_ask(self, most: int = 20_000) -> Array:
        """The indices of the data points at which an export is compared: all, or `most` evenly spread ones."""
        count = len(self.sample.x)
        result: Array = np.linspace(0, count - 1, min(most, count)).round().astype(np.intp)
        return result

    def points_to_ask(self, side: int = 25) -> Array:
        """Points, in the data's own units, at which an export is compared: a grid, and the data at `rows_to_ask`."""
        grid = self.sample.x_in_own_units(grid_points(side))
        return np.concatenate([grid, self.sample.own_x[self.rows_to_ask()]])


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
