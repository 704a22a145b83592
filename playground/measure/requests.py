"""The requests that views make of a run, one class each; they answer from its present moment.

The formulas are in `statistics`, `fields` and `microscope`. Arrays in answers are read-only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from playground.catalog.choice import Array
from playground.engine.evaluation import accuracy, mean_loss, predicted_classes
from playground.engine.setup import Setup
from playground.measure import fields, statistics
from playground.measure.microscope import Microscope, microscope
from playground.measure.observe import Request, Subject
from playground.measure.snapshot import (
    Confusion,
    FinalResult,
    LayerHistograms,
    LayerParameters,
    LayerStatistics,
    Predictions,
    UnitMap,
    UnitMaps,
    UnitStates,
)

_BOUNDARY_GRID = 100
"""Points along each side of a grid on the plane."""


@dataclass(frozen=True)
class BoundaryRequest(Request[Array]):
    """The network's predictions on a grid of side × side points, float32 (outputs, side, side), all finite.

    Rows run along x2 and columns along x1, both from −6 to 6. For classification, the values are those of
    `class_shares` (one output: −1…1, class 1 from 0 up; several: a share for each class); for regression, predictions
    in the target's own unit.
    """

    side: int = _BOUNDARY_GRID

    def answer(self, subject: Subject) -> Array:
        setup = subject.setup
        o = subject.outputs(setup.grid(self.side, setup.network.dtype))
        return statistics.boundary_field(setup.network, o, setup.sample)


@dataclass(frozen=True)
class UncertaintyRequest(Request[Array]):
    """The spread of the predictions of several passes with dropout, float32 (side, side), all finite.

    It is the standard deviation of a class's share (mean over classes; 0…0.5) or of the predicted value.
    """

    costly: ClassVar[bool] = True
    passes: int
    side: int = _BOUNDARY_GRID

    def answer(self, subject: Subject) -> Array:
        setup, state = subject.setup, subject.state
        columns = setup.grid(self.side, fields.PRECISION)
        return fields.uncertainty_field(setup.network, state.parameters, columns, setup.sample, state.seed, self.passes)


@dataclass(frozen=True)
class UnitMapsRequest(Request[UnitMaps]):
    """The outputs of units over the plane, as maps of side × side points.

    `units` lists the units to map for each layer, hidden then output; those that don't exist are skipped. None: all.
    """

    costly: ClassVar[bool] = True
    side: int
    units: tuple[tuple[int, ...], ...] | None = None

    def answer(self, subject: Subject) -> UnitMaps:
        setup = subject.setup
        chosen = fields.chosen_units(setup.network, self.units)
        columns = setup.grid(self.side, fields.PRECISION)
        return UnitMaps(
            chosen, fields.map_units(setup.network, subject.state.parameters, columns, setup.sample, chosen)
        )


@dataclass(frozen=True)
class UnitMapRequest(Request[UnitMap | None]):
    """The map of one unit, given by its layer (from 0, the output layer last) and its index; None if there is none."""

    costly: ClassVar[bool] = True
    layer: int
    unit: int
    side: int = _BOUNDARY_GRID

    def answer(self, subject: Subject) -> UnitMap | None:
        setup = subject.setup
        columns = setup.grid(self.side, fields.PRECISION)
        return fields.map_unit(setup.network, subject.state.parameters, columns, setup.sample, self.layer, self.unit)


@dataclass(frozen=True)
class PredictionsRequest(Request[Predictions]):
    """The network's predictions for at most `most` points of the sample, in evaluation mode."""

    counts_points: ClassVar[bool] = True
    most: int

    def answer(self, subject: Subject) -> Predictions:
        setup = subject.setup
        indices, columns = setup.derive(self, lambda: self._choose_points(setup))
        o = subject.outputs(columns)
        if setup.sample.task == "regression":
            predicted = np.nan_to_num(setup.sample.in_own_unit(o[0]))
        else:
            predicted = predicted_classes(setup.network, o)
        return Predictions(indices, fields.read_only(predicted))

    def _choose_points(self, setup: Setup) -> tuple[Array, Array]:
        indices = fields.shown_points(setup.sample, self.most)
        return indices, setup.features_of(setup.sample.x[indices])


@dataclass(frozen=True)
class ConfusionRequest(Request[Confusion | None]):
    """The confusion matrices of the training and the validation set; None for regression."""

    counts_points: ClassVar[bool] = True

    def answer(self, subject: Subject) -> Confusion | None:
        setup = subject.setup
        if setup.sample.task == "regression":
            return None
        number = max(2, len(setup.sample.class_names))
        return Confusion(
            *(
                statistics.count_confusions(
                    part.labels, predicted_classes(setup.network, subject.outputs(part.inputs)), number
                )
                for part in (setup.train, setup.validation)
            )
        )


@dataclass(frozen=True)
class HistogramsRequest(Request[tuple[LayerHistograms, ...]]):
    """Histograms, with `bins` bins, of every layer's weights and of its activations on the latest batch."""

    bins: int

    def answer(self, subject: Subject) -> tuple[LayerHistograms, ...]:
        return statistics.layer_histograms(subject.setup.network, subject.state, subject.latest, self.bins)


@dataclass(frozen=True)
class ParametersRequest(Request[tuple[LayerParameters, ...]]):
    """Copies of every layer's W and b and of their gradients."""

    def answer(self, subject: Subject) -> tuple[LayerParameters, ...]:
        known = subject.latest is not None
        return fields.copy_parameters(subject.setup.network, subject.state, known)


@dataclass(frozen=True)
class UnitStatesRequest(Request[tuple[UnitStates, ...]]):
    """The dead and the dropped units of every layer on the latest batch."""

    def answer(self, subject: Subject) -> tuple[UnitStates, ...]:
        return fields.unit_states(subject.setup.network, subject.latest)


@dataclass(frozen=True)
class MicroscopeRequest(Request[Microscope | None]):
    """The forward and backward pass of one point of the sample; None if there is no such point."""

    point: int

    def answer(self, subject: Subject) -> Microscope | None:
        setup = subject.setup
        return microscope(setup, subject.state.parameters, self.point)


@dataclass(frozen=True)
class WholeSetRequest(Request[tuple[LayerStatistics, ...]]):
    """The statistics of every layer on the whole training set, in evaluation mode."""

    def answer(self, subject: Subject) -> tuple[LayerStatistics, ...]:
        return statistics.whole_set_statistics(subject.setup, subject.state)


@dataclass(frozen=True)
class FinalTestRequest(Request[FinalResult | None]):
    """Loss and accuracy on the test points, to be looked at only at the end; None if there are no test points."""

    def answer(self, subject: Subject) -> FinalResult | None:
        setup, test = subject.setup, subject.setup.test
        o = subject.outputs(test.inputs)
        loss = mean_loss(setup.network, o, test)
        if loss is None:
            return None
        return FinalResult(len(test.labels), loss, accuracy(setup.network, o, test.labels, setup.sample.task))
