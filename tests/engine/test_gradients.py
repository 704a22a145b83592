"""Backpropagation agrees with central differences of the loss, for everything that can be combined."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace

from playground import Experiment, Layer
from playground.catalog.activations import Activation, LeakyRelu, Tanh
from playground.catalog.choice import Array, Task, members
from playground.catalog.datasets.base import Sample
from playground.catalog.losses import CrossEntropy, Loss, SquaredError
from playground.catalog.regularizers import L1, L2, ElasticNet, Regularizer
from playground.engine.network import Network, network_of
from playground.engine.reference import add_penalties, backward, dropout_masks, forward, outputs
from tests.combinations import combinations

STEP = 1e-6
POINTS = 7
ACTIVATIONS = [*(kind() for kind in members(Activation).values()), LeakyRelu(slope=0.3)]
REGULARIZERS = [*(kind() for kind in members(Regularizer).values()), L1(strength=0.3), ElasticNet(l1=0.2, l2=0.1)]
LOSSES = [
    *(kind() for kind in members(Loss).values()),
    *(SquaredError(output=output) for output in ("linear", "tanh", "sigmoid")),
]
TASKS: list[tuple[Loss, Task, int]] = [
    (loss, task, outputs)
    for loss in LOSSES
    for task in loss.tasks
    for outputs in ((1, 4) if task == "classification" else (1,))
]


def name(choice: object) -> str:
    return repr(choice).replace(" ", "") if not isinstance(choice, tuple) else "-".join(map(str, choice))


def points(task: Task, classes: int) -> Sample:
    """A few random points with labels of each class, or with values."""
    random = np.random.default_rng(5)
    labels = np.arange(POINTS) % max(classes, 2) if task == "classification" else random.normal(0, 2, POINTS)
    names = tuple("abcd"[: max(classes, 2)]) if task == "classification" else ()
    return Sample(random.normal(0, 1, (POINTS, 2)), labels, np.zeros(POINTS), task, names, ("x1", "x2"), "t", ())


def experiment_with(activation: Activation, loss: Loss | None, regularizer: Regularizer) -> Experiment:
    return Experiment(
        precision="float64",
        layers=(Layer(units=5, activation=activation), Layer(units=4, activation=activation, regularizer=L2())),
        loss=loss,
        regularizer=regularizer,
    )


class Setting:
    """A network, its points and weights, and the loss with penalty that training makes small."""

    def __init__(self, experiment: Experiment, sample: Sample, masks: list[Array | None] | None = None) -> None:
        self.network: Network = network_of(experiment, sample)
        self.inputs = sample.x.T
        self.targets = self.network.loss.targets(sample.labels, sample.outputs, sample.task)
        self.masks = masks
        random = np.random.default_rng(11)
        self.parameters = random.normal(0, 0.8, self.network.size)

    def loss(self, parameters: Array) -> float:
        """The mean loss per point plus every layer's penalty, written down directly."""
        o = forward(self.network, parameters, self.inputs, self.masks).outputs
        penalty = sum(layer.regularizer.penalty(layer.W(parameters)) for layer in self.network.layers)
        return float(np.mean(self.network.loss.per_point(o, self.targets))) + penalty

    def gradient(self) -> Array:
        passed = forward(self.network, self.parameters, self.inputs, self.masks)
        total = backward(self.network, self.parameters, passed, self.targets)
        return add_penalties(self.network, self.parameters, total / POINTS)

    def central_differences(self) -> Array:
        result = np.empty(self.network.size)
        for place in range(self.network.size):
            nudge = np.zeros(self.network.size)
            nudge[place] = STEP
            result[place] = (self.loss(self.parameters + nudge) - self.loss(self.parameters - nudge)) / (2 * STEP)
        return result

    def away_from_kinks(self) -> bool:
        """Whether no sum and no weight is so close to 0 that a nudge could carry it across a kink."""
        z = forward(self.network, self.parameters, self.inputs, self.masks).z
        return min(np.abs(values).min() for values in (*z, self.parameters)) > 20 * STEP


def assert_gradient_is_exact(setting: Setting) -> None:
    assert setting.away_from_kinks()
    expected, gradient = setting.central_differences(), setting.gradient()
    assert np.linalg.norm(gradient - expected) <= 1e-6 * np.linalg.norm(expected)
    np.testing.assert_allclose(gradient, expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(
    ("activation", "case", "regularizer"), combinations(ACTIVATIONS, TASKS, REGULARIZERS), ids=name
)
def test_gradient_agrees_with_central_differences(
    activation: Activation, case: tuple[Loss, Task, int], regularizer: Regularizer
) -> None:
    loss, task, classes = case
    assert_gradient_is_exact(Setting(experiment_with(activation, loss, regularizer), points(task, classes)))


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_gradient_of_the_default_loss_agrees_with_central_differences(task: Task) -> None:
    assert_gradient_is_exact(Setting(experiment_with(Tanh(), None, L2()), points(task, 1)))


@pytest.mark.parametrize("classes", [1, 4])
@pytest.mark.parametrize("activation", ACTIVATIONS, ids=name)
def test_gradient_with_units_dropped_agrees_with_central_differences(activation: Activation, classes: int) -> None:
    experiment = experiment_with(activation, None, L2())
    dropping = replace(experiment, layers=tuple(replace(layer, dropout=0.4) for layer in experiment.layers))
    sample = points("classification", classes)
    network = network_of(dropping, sample)
    masks = dropout_masks(network, seed=3, step=0, first=0, points=POINTS)
    setting = Setting(dropping, sample, masks)
    assert {0.0, 1 / 0.6} == {float(value) for mask in masks if mask is not None for value in np.unique(mask)}
    # A point whose units are all dropped has z = b in the next layer, so nothing but weights can be near a kink.
    assert_gradient_is_exact(setting)


@pytest.mark.parametrize("loss", [CrossEntropy(), SquaredError(output="tanh")], ids=name)
def test_gradient_without_hidden_layers_is_exact(loss: Loss) -> None:
    assert_gradient_is_exact(Setting(Experiment(precision="float64", loss=loss), points("classification", 4)))


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=name)
def test_activation_keeps_the_precision_of_its_numbers(activation: Activation) -> None:
    z = np.linspace(-3, 3, 8, dtype=np.float32).reshape(2, 4)
    a = activation(z)
    assert a.dtype == activation.derivative(z, a).dtype == np.float32
    assert a.shape == activation.derivative(z, a).shape == z.shape


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=name)
def test_activation_is_finite_for_large_sums(activation: Activation) -> None:
    z = np.array([-1e4, -100.0, 0.0, 100.0, 1e4], dtype=np.float32)
    with np.errstate(all="ignore"):
        a = activation(z)
        assert np.isfinite(a).all()
        assert np.isfinite(activation.derivative(z, a)).all()


def test_activations_have_their_textbook_values() -> None:
    z = np.array([-2.0, 0.0, 3.0])
    kinds = members(Activation)
    expected = {
        "linear": ([-2, 0, 3], [1, 1, 1]),
        "sigmoid": ([0.11920292202211755, 0.5, 0.9525741268224334], [0.10499358540350652, 0.25, 0.045176659730912]),
        "tanh": ([-0.9640275800758169, 0, 0.9950547536867305], [0.07065082485316447, 1, 0.009866037165440192]),
        "relu": ([0, 0, 3], [0, 0, 1]),
        "leaky_relu": ([-0.02, 0, 3], [0.01, 0.01, 1]),
    }
    for kind, (values, slopes) in expected.items():
        activation = kinds[kind]()
        a = activation(z)
        np.testing.assert_allclose(a, values, rtol=1e-14, err_msg=kind)
        np.testing.assert_allclose(activation.derivative(z, a), slopes, rtol=1e-12, err_msg=kind)


def test_losses_have_their_textbook_values() -> None:
    two_classes, three_classes = np.array([[2.0, -1.0]]), np.array([[1.0, 0.0], [2.0, 0.0], [3.0, 0.0]])
    sigmoid = 1 / (1 + np.exp(-two_classes[0]))
    np.testing.assert_allclose(
        CrossEntropy().per_point(two_classes, np.array([[1.0, 1.0]])), -np.log(sigmoid), rtol=1e-14
    )
    softmax = np.exp([1, 2, 3]) / np.exp([1, 2, 3]).sum()
    one_hot = np.array([[0.0, 1], [0, 0], [1, 0]])
    np.testing.assert_allclose(
        CrossEntropy().per_point(three_classes, one_hot), [-np.log(softmax[2]), np.log(3)], rtol=1e-14
    )
    np.testing.assert_allclose(SquaredError().per_point(three_classes, one_hot), [(1 + 4 + 4) / 2, 0.5], rtol=1e-14)


def test_cross_entropy_does_not_overflow() -> None:
    for o, t in (
        (np.array([[1e4, -1e4]]), np.array([[0.0, 1.0]])),
        (np.array([[1e4], [-1e4]]), np.array([[0.0], [1]])),
    ):
        assert (CrossEntropy().per_point(o, t) >= 1e4).all()
        assert np.isfinite(CrossEntropy().derivative(o, t)).all()


@pytest.mark.parametrize(
    ("loss", "targets"),
    [
        (CrossEntropy(), [0, 1]),
        (SquaredError(output="tanh"), [-1, 1]),
        (SquaredError(output="linear"), [-1, 1]),
        (SquaredError(output="sigmoid"), [0, 1]),
    ],
    ids=name,
)
def test_two_classes_have_the_targets_of_the_output(loss: Loss, targets: list[int]) -> None:
    np.testing.assert_array_equal(loss.targets(np.array([0, 1]), 1, "classification"), [targets])


@pytest.mark.parametrize("loss", [loss for loss in LOSSES if "classification" in loss.tasks], ids=name)
def test_more_classes_have_one_hot_targets(loss: Loss) -> None:
    np.testing.assert_array_equal(loss.targets(np.array([2, 0]), 3, "classification"), [[0, 1], [0, 0], [1, 0]])


def test_evaluation_in_parts_equals_one_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    setting = Setting(experiment_with(Tanh(), None, L2()), points("classification", 4))
    whole = forward(setting.network, setting.parameters, setting.inputs).outputs
    monkeypatch.setattr("playground.engine.reference._CHUNK", 3)
    np.testing.assert_allclose(outputs(setting.network, setting.parameters, setting.inputs), whole, rtol=1e-13)
