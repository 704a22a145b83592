"""What a snapshot shows beyond measurements, against plain recomputation and finite differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from playground import InputError, Snapshot, Trainer
from playground.catalog.choice import Array
from playground.catalog.losses import SquaredError
from playground.engine import reference
from playground.engine.engine import EngineName
from playground.experiment.rules import convert
from playground.measure.changes import WeightEdit
from playground.measure.requests import (
    BoundaryRequest,
    ConfusionRequest,
    HistogramsRequest,
    MicroscopeRequest,
    ParametersRequest,
    PredictionsRequest,
    UncertaintyRequest,
    UnitMapRequest,
    UnitMapsRequest,
    UnitStatesRequest,
)
from playground.measure.snapshot import evenly_spread
from playground.measure.statistics import class_shares

EVERYTHING = (
    BoundaryRequest(20), HistogramsRequest(8), ConfusionRequest(), UnitMapsRequest(10), UnitMapRequest(0, 0, 20),
    ParametersRequest(), UnitStatesRequest(), UncertaintyRequest(5, 20), PredictionsRequest(40), MicroscopeRequest(3),
)  # fmt: skip
LAYERS: list[dict[str, Any]] = [
    {"units": 5, "activation": "tanh", "normalization": "batch"},
    {"units": 5, "activation": "relu", "dropout": 0.5, "skip": True},
    {"units": 4, "activation": "sigmoid", "dropout": 0.3, "normalization": "layer"},
]
DATA: dict[str, dict[str, Any]] = {
    "two classes": {"kind": "moons", "points": 60},
    "three classes": {"kind": "blobs", "points": 60, "classes": 3},
    "regression": {"kind": "hills", "points": 60},
}


def trainer(engine: EngineName = "reference", steps: int = 12, **changed: Any) -> Trainer:
    base = {"version": 1, "precision": "float64", "data": DATA["two classes"], "layers": LAYERS}
    one = Trainer(convert({**base, "training": {"batch_size": 7}, **changed}), engine=engine)
    one.advance(steps=steps)
    return one


def outputs_on_grid(one: Trainer, side: int) -> list[Array]:
    """What every layer puts out on a grid."""
    columns = one.setup.grid(side, one.network.dtype)
    return reference.forward(one.network, one.state.parameters, columns).a[1:]


def arrays_in(value: Any) -> list[Array]:
    """All arrays in a tuple of tuples."""
    if isinstance(value, np.ndarray):
        return [value]
    return [array for part in value for array in arrays_in(part)] if isinstance(value, tuple) else []


def pictures_of(snapshot: Snapshot) -> list[Array]:
    """All arrays of the fields that are tested here."""
    return [array for answer in snapshot.answers.values() for array in arrays_in(answer)]


# Maps -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", DATA.values(), ids=DATA)
def test_maps_are_what_the_units_put_out_on_the_plane(data: dict[str, Any]) -> None:
    one = trainer(data=data)
    snapshot = one.snapshot([UnitMapsRequest(9), BoundaryRequest(9)])
    *hidden, output = snapshot.answer(UnitMapsRequest).values
    for shown, a in zip(hidden, outputs_on_grid(one, 9), strict=False):
        np.testing.assert_allclose(shown, a.reshape(len(a), 9, 9), atol=1e-5)
    np.testing.assert_allclose(output, snapshot.answer(BoundaryRequest), atol=1e-5)
    assert [units.tolist() for units in snapshot.answer(UnitMapsRequest).units] == [
        list(range(len(shown))) for shown in snapshot.answer(UnitMapsRequest).values
    ]
    assert all(shown.dtype == np.float32 for shown in snapshot.answer(UnitMapsRequest).values)


def test_only_the_units_that_are_seen_and_exist_are_mapped() -> None:
    one = trainer()
    everything = UnitMapsRequest(6).answer(one).values
    some = UnitMapsRequest(6, ((4, 1, 9, -1), (), (3,), (0, 1), (0,))).answer(one)
    assert [units.tolist() for units in some.units] == [[4, 1], [], [3], [0]]
    assert [len(shown) for shown in some.values] == [2, 0, 1, 1]
    np.testing.assert_array_equal(some.values[0], everything[0][[4, 1]])
    np.testing.assert_array_equal(some.values[2], everything[2][[3]])
    short = UnitMapsRequest(6, ((2,),)).answer(one)
    assert [units.tolist() for units in short.units] == [[2], [], [], []]


@pytest.mark.parametrize("side", [30, 100])
@pytest.mark.parametrize("place", [(0, 4), (2, 1), (3, 0)])
def test_one_unit_is_magnified_to_the_size_of_the_boundary(place: tuple[int, int], side: int) -> None:
    one = trainer()
    magnified = UnitMapRequest(*place, side).answer(one)
    assert magnified is not None and magnified[:2] == place
    np.testing.assert_array_equal(magnified.values, UnitMapsRequest(side).answer(one).values[place[0]][place[1]])


@pytest.mark.parametrize("place", [(0, 5), (4, 0), (-1, 0), (3, 1), (0, -1)])
def test_a_unit_that_does_not_exist_is_not_magnified(place: tuple[int, int]) -> None:
    assert UnitMapRequest(*place).answer(trainer()) is None


def test_maps_follow_changes_of_features_and_data() -> None:
    one = trainer()
    one.snapshot(EVERYTHING)
    one.configure(convert({**as_written(), "features": ["radius"], "data": DATA["three classes"]}))
    snapshot = one.snapshot(EVERYTHING)
    np.testing.assert_allclose(
        snapshot.answer(UnitMapsRequest).values[0].reshape(5, -1), outputs_on_grid(one, 10)[0], atol=1e-5
    )
    assert len(snapshot.answer(UnitMapsRequest).values[-1]) == 3
    assert snapshot.answer(PredictionsRequest) is not None
    np.testing.assert_array_equal(snapshot.answer(PredictionsRequest).indices, evenly_spread(60, 40))


def as_written() -> dict[str, Any]:
    return {"version": 1, "precision": "float64", "layers": LAYERS, "training": {"batch_size": 7}}


@pytest.mark.parametrize(
    "units", [None, ((0, 1, 2),) * 31, ((), (), (4,)), ((),) * 31], ids=["all", "some", "one", "none"]
)
def test_maps_take_one_pass_in_single_precision_as_far_as_the_last_layer_that_is_mapped(
    units: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = trainer(layers=[{"units": 8, "activation": "tanh"}] * 30, steps=1)
    passed: list[tuple[int, Any]] = []
    through = reference.through_layer

    def count(network: Any, place: int, parameters: Array, a: Array) -> Array:
        passed.append((place, parameters.dtype))
        return through(network, place, parameters, a)

    monkeypatch.setattr(reference, "through_layer", count)
    UnitMapsRequest(24, units).answer(deep)
    wanted = [place for place in range(31) if units is None or units[place : place + 1] not in ((), ((),))]
    assert passed == [(place, np.float32) for place in range(max(wanted, default=-1) + 1)]


# Parameters and units -------------------------------------------------------------------------------------------


def test_parameters_come_as_copies_with_their_gradients() -> None:
    one = trainer()
    shown = ParametersRequest().answer(one)
    now = {name: values.copy() for name, values in one.parameters().items()}
    gradient = one.state.gradient.copy()
    one.advance(steps=3)
    for place, (layer, known) in enumerate(zip(one.network.layers, shown, strict=True)):
        np.testing.assert_array_equal(known.W, now[f"W{place}"])
        np.testing.assert_array_equal(known.b, now[f"b{place}"])
        np.testing.assert_array_equal(known.gradient_W, layer.W(gradient))
        np.testing.assert_array_equal(known.gradient_b, layer.b(gradient))


def test_before_the_first_update_there_is_no_gradient_and_no_unit_is_dead() -> None:
    for layer in ParametersRequest().answer(trainer(steps=0)):
        assert np.isnan(layer.gradient_W).all() and np.isnan(layer.gradient_b).all()
        assert np.isfinite(layer.W).all()
    assert not any(layer.dead.any() or layer.dropped.any() for layer in UnitStatesRequest().answer(trainer(steps=0)))


@pytest.mark.parametrize("engine", ["reference", "compiled"])
@pytest.mark.parametrize("batching", ["partial", "drop", "carry"])
@pytest.mark.parametrize("steps", [1, 4, 5, 9, 13])
def test_dropped_units_are_those_of_the_last_point_of_the_latest_batch(
    engine: EngineName, batching: str, steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[list[Array | None]] = []
    masks = reference.dropout_masks

    def remembered(*arguments: Any) -> list[Array | None]:
        drawn.append(masks(*arguments))
        return drawn[-1]

    monkeypatch.setattr(reference, "dropout_masks", remembered)
    training = {"batch_size": 7, "batching": batching}
    trainer(steps=steps, training=training)
    used = drawn[-1]
    for state, mask in zip(UnitStatesRequest().answer(trainer(engine, steps, training=training)), used, strict=True):
        assert state.dropped.tolist() == ([False] * len(state.dropped) if mask is None else (mask[:, -1] == 0).tolist())


def test_units_are_dropped_now_and_then() -> None:
    one = trainer()
    seen = []
    for _ in range(20):
        one.advance(steps=1)
        seen.append(np.concatenate([layer.dropped for layer in UnitStatesRequest().answer(one)]))
    share = np.mean(seen, axis=0)
    assert (share[5:14] > 0).all() and (share[5:14] < 1).all()
    assert not share[:5].any() and not share[14:].any()


@pytest.mark.parametrize("engine", ["reference", "compiled"])
def test_dead_units_are_those_with_slope_0_everywhere(engine: EngineName) -> None:
    one = trainer(engine, steps=0, layers=[{"units": 4, "activation": "relu"}])
    one.set_parameters({"b0": np.array([0.0, -1e3, 0.5, -1e3])})
    one.advance(steps=1)
    snapshot = one.snapshot([UnitStatesRequest()])
    assert snapshot.answer(UnitStatesRequest)[0].dead[[1, 3]].all()
    assert snapshot.layers[0].dead == np.mean(snapshot.answer(UnitStatesRequest)[0].dead)
    assert not snapshot.answer(UnitStatesRequest)[1].dead.any()


@pytest.mark.parametrize("engine", ["reference", "compiled"])
def test_the_activations_of_the_latest_batch_are_counted(engine: EngineName) -> None:
    one = trainer(engine, layers=[{"units": 5, "activation": "tanh"}])
    histogram = HistogramsRequest(6).answer(one)[0].activations
    assert histogram is not None and one.latest is not None
    counts, edges = np.histogram(one.latest.f[0], 6)
    np.testing.assert_array_equal(histogram.counts, counts)
    np.testing.assert_allclose(histogram.edges, edges)
    assert HistogramsRequest(6).answer(trainer(steps=0))[0].activations is None


def test_of_a_large_batch_only_some_activations_are_counted() -> None:
    one = trainer(data={"kind": "moons", "points": 20_000}, training={"batch_size": 0}, steps=1)
    histogram = HistogramsRequest(6).answer(one)[0].activations
    assert histogram is not None and histogram.counts.sum() == 20_000


@pytest.mark.parametrize("start", [0.0, 1.0, -1e9])
def test_numbers_that_are_all_but_equal_have_a_histogram(start: float) -> None:
    one = trainer(layers=[])
    one.set_parameters({"W0": np.array([[start, np.nextafter(start, 1)]])})
    histogram = HistogramsRequest(30).answer(one)[0].weights
    assert histogram is not None and histogram.counts.sum() == 2
    assert (np.diff(histogram.edges) > 0).all()


# Uncertainty ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", DATA.values(), ids=DATA)
def test_uncertainty_is_the_deviation_between_thinned_networks(data: dict[str, Any]) -> None:
    one = trainer(data=data, layers=LAYERS[:2])
    field = UncertaintyRequest(200, 10).answer(one)
    assert field is not None and field.shape == (10, 10) and field.dtype == np.float32
    expected = deviation(one, one.setup.grid(10, one.network.dtype), 2000).reshape(10, 10)
    # A standard deviation from 200 draws is off by some 5 %.
    np.testing.assert_allclose(field.mean(), expected.mean(), rtol=0.15)
    assert np.corrcoef(field.ravel(), expected.ravel())[0, 1] > 0.97


def deviation(one: Trainer, columns: Array, passes: int) -> Array:
    """The same by other random numbers and NumPy's own standard deviation, for networks whose second layer drops."""
    random, p = np.random.default_rng(0), one.parameters()
    before = reference.forward(one.network, one.state.parameters, columns).a[2]
    answers = []
    for _ in range(passes):
        o = p["W2"] @ (before * (2 * (random.random((5, 1)) < 0.5))) + p["b2"][:, np.newaxis]
        if one.sample.task == "classification":
            e = np.exp(o) if len(o) > 1 else np.stack([np.exp(o[0]), np.ones_like(o[0])])
            o = e / e.sum(axis=0)
        answers.append(o)
    result: Array = np.std(answers, axis=0).mean(axis=0)
    return result


def test_the_same_moment_is_equally_uncertain_each_time() -> None:
    one = trainer()
    first, second = (UncertaintyRequest(5, 20).answer(one) for _ in range(2))
    assert first is not None and second is not None and first.max() > 0
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("changed", [{"layers": LAYERS[:1]}, {"layers": []}])
def test_without_dropout_nothing_is_uncertain(changed: dict[str, Any]) -> None:
    field = UncertaintyRequest(5).answer(trainer(**changed))
    assert field is not None and field.shape == (100, 100) and not field.any()


# Single points --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "most", "places"),
    [(5, 9, [0, 1, 2, 3, 4]), (9, 3, [0, 4, 8]), (100, 1, [0]), (0, 4, []), (3, 0, [])],
)
def test_places_are_spread_evenly(count: int, most: int, places: list[int]) -> None:
    assert evenly_spread(count, most).tolist() == places


@pytest.mark.parametrize("engine", ["reference", "compiled"])
@pytest.mark.parametrize("data", DATA.values(), ids=DATA)
def test_predictions_say_what_the_network_makes_of_points(engine: EngineName, data: dict[str, Any]) -> None:
    one = trainer(engine, data=data)
    predictions = PredictionsRequest(25).answer(one)
    assert predictions is not None
    np.testing.assert_array_equal(predictions.indices, evenly_spread(60, 25))
    o = one.predict(one.sample.x[predictions.indices])
    expected = o[0] if data["kind"] == "hills" else o.argmax(axis=0) if len(o) > 1 else o[0] >= 0
    np.testing.assert_allclose(predictions.values, expected)


def test_of_all_points_the_share_that_is_right_is_the_accuracy() -> None:
    one = trainer(steps=60)
    predictions = PredictionsRequest(1000).answer(one)
    assert predictions is not None
    right = predictions.values == one.sample.labels[predictions.indices]
    assert right[one.sample.split == 0].mean() == one.evaluate().train_accuracy


MUTED = [*LAYERS[:2], {"units": 5, "activation": "relu", "muted": True}, {"units": 5, "activation": "gelu"}]


@pytest.mark.parametrize("layers", [[], LAYERS, MUTED], ids=["none", "all kinds", "muted"])
@pytest.mark.parametrize("data", DATA.values(), ids=DATA)
def test_the_microscope_shows_gradients_that_agree_with_finite_differences(
    data: dict[str, Any], layers: list[dict[str, Any]]
) -> None:
    one = trainer(data=data, layers=layers, steps=40)
    shown = MicroscopeRequest(11).answer(one)
    assert shown is not None and shown.point == 11
    np.testing.assert_array_equal(shown.x, one.sample.x[11])
    assert shown.label == one.sample.labels[11]

    def loss() -> float:
        o = one.predict(one.sample.x[11:12])
        return float(one.network.loss.per_point(o, shown.target[:, np.newaxis])[0])

    assert shown.loss == pytest.approx(loss(), rel=1e-12)
    for place, layer in enumerate(shown.layers):
        for name, gradient in ((f"W{place}", layer.gradient_W), (f"b{place}", layer.gradient_b)):
            np.testing.assert_allclose(gradient, slopes(one.parameters()[name], loss), rtol=1e-5, atol=1e-8)


def slopes(values: Array, loss: Any) -> Array:
    """∂E/∂ of every entry of an array that the loss depends on, by central differences."""
    result = np.zeros_like(values)
    for place in np.ndindex(values.shape):
        kept, around = values[place], []
        for step in (1e-6, -1e-6):
            values[place] = kept + step
            around.append(loss())
        values[place] = kept
        result[place] = (around[0] - around[1]) / 2e-6
    return result


def test_the_microscope_shows_the_textbook_step_by_step() -> None:
    one = trainer(layers=[{"units": 5, "activation": "tanh"}, {"units": 4, "activation": "sigmoid"}])
    shown = MicroscopeRequest(0).answer(one)
    assert shown is not None
    back = shown.output * 0 + 1 / (1 + np.exp(-shown.output)) - shown.target
    for layer, above in zip(reversed(shown.layers), [None, *reversed(shown.layers)], strict=False):
        np.testing.assert_allclose(layer.z, layer.W @ layer.a_in + layer.b, rtol=1e-12)
        np.testing.assert_allclose(layer.delta, (back if above is None else above.W.T @ above.delta) * layer.slope)
        np.testing.assert_allclose(layer.gradient_W, np.outer(layer.delta, layer.a_in), rtol=1e-12)
        np.testing.assert_array_equal(layer.gradient_b, layer.delta)
    for below, above in zip(shown.layers, shown.layers[1:], strict=False):
        np.testing.assert_array_equal(below.a, above.a_in)
    np.testing.assert_array_equal(shown.layers[-1].a, shown.output)
    assert [layer.name for layer in shown.layers] == ["1", "2", "output"]
    assert [layer.activation for layer in shown.layers] == ["tanh", "sigmoid", "linear"]


@pytest.mark.parametrize("point", [-1, 60, 10**6])
def test_a_point_that_does_not_exist_is_not_looked_at(point: int) -> None:
    assert MicroscopeRequest(point).answer(trainer()) is None


# All of it ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["reference", "compiled"])
@pytest.mark.parametrize("data", DATA.values(), ids=DATA)
@pytest.mark.parametrize("layers", [[], LAYERS, MUTED, [{"units": 1}]], ids=["none", "all kinds", "muted", "one unit"])
def test_everything_can_be_requested_of_everything(
    engine: EngineName, data: dict[str, Any], layers: list[dict[str, Any]]
) -> None:
    for steps in (0, 9):
        snapshot = trainer(engine, steps, data=data, layers=layers).snapshot(EVERYTHING)
        count = len(layers) + 1
        maps = snapshot.answer(UnitMapsRequest)
        assert maps is not None
        per_layer = (*maps, snapshot.answer(ParametersRequest), snapshot.answer(UnitStatesRequest))
        assert [len(each or ()) for each in per_layer] == [count] * 4
        arrays = pictures_of(snapshot)
        assert len(arrays) > 20 and not any(array.flags.writeable for array in arrays)
        for shown in (*maps.values, snapshot.answer(UncertaintyRequest)):
            assert shown is not None and np.isfinite(shown).all()


def test_nothing_is_made_that_is_not_requested() -> None:
    snapshot = trainer().snapshot()
    assert not snapshot.answers and snapshot.answer(BoundaryRequest) is None


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_pictures_of_enormous_weights_are_finite(precision: str) -> None:
    layers = [{"units": 3, "activation": "relu", "dropout": 0.5}, {"units": 3, "activation": "linear"}]
    one = trainer(layers=layers, precision=precision, data=DATA["regression"], steps=0)
    largest = float(np.finfo(precision).max)
    one.set_parameters({"W0": np.full((3, 2), largest), "W1": np.full((3, 3), -largest)})
    snapshot = one.snapshot(EVERYTHING)
    fields = [
        *snapshot.answer(UnitMapsRequest).values,
        snapshot.answer(UnitMapRequest).values,
        snapshot.answer(UncertaintyRequest),
        snapshot.answer(PredictionsRequest).values,
    ]
    assert all(np.isfinite(field).all() for field in fields)


# Single weights -------------------------------------------------------------------------------------------------


def test_one_weight_is_set_and_all_is_measured_anew() -> None:
    one = trainer()
    before, history = one.state.parameters.copy(), len(one.snapshot().history.epoch)
    one.set_weight("W1", (3, 2), 0.75)
    changed = np.flatnonzero(one.state.parameters != before)
    assert one.parameters()["W1"][3, 2] == 0.75 and len(changed) == 1
    assert one.snapshot().evaluation == one.evaluate()
    assert len(one.snapshot().history.epoch) == history
    one.set_weight("b3", (0,), -2)
    assert [change.label for change in one.snapshot().changes] == ["weight 1.3 → 2.4", "bias of output"]


def test_a_change_that_is_undone_before_training_goes_on_leaves_no_mark() -> None:
    one = trainer()
    plain = one.experiment
    frozen = plain.with_({"layers.0.trainable": False})
    for experiment in (frozen, plain):
        one.configure(experiment)
    before = float(one.parameters()["W1"][3, 2])
    for value in (0.75, before):
        one.set_weight("W1", (3, 2), value)
    assert not one.snapshot().changes
    one.configure(plain.with_({"loss": {"kind": "huber"}}))
    one.configure(plain)
    assert not one.snapshot().changes and not one.snapshot().breaks
    one.set_weight("W1", (3, 2), 0.75)
    one.configure(plain.with_({"loss": {"kind": "huber"}}))
    one.configure(plain)
    assert len(one.snapshot().changes) == 1 and not one.snapshot().breaks, "a weight leaves losses what they are"
    one.set_weight("W1", (3, 2), before)
    one.configure(frozen)
    one.advance(steps=1)
    one.configure(plain)
    assert len(one.snapshot().changes) == 2, "training has followed, so both are part of the run"


def test_a_drag_of_a_weight_that_passes_its_old_value_replaces_no_change_of_another() -> None:
    one = trainer()
    first, second = (float(one.parameters()["W1"][0, place]) for place in (0, 1))
    one.set_weight("W1", (0, 0), 0.75)
    one.set_weight("W1", (0, 1), 0.75)
    one.set_weight("W1", (0, 1), second)
    one.set_weight("W1", (0, 1), -0.5, goes_on=True)
    one.set_weight("W1", (0, 1), -0.75, goes_on=True)
    assert [change.weight for change in one.snapshot().changes] == [
        WeightEdit("W1", (0, 0), first, 0.75),
        WeightEdit("W1", (0, 1), second, -0.75),
    ]


def test_before_training_the_history_starts_with_the_weight_that_was_set() -> None:
    one = trainer(steps=0)
    one.set_weight("gamma0", (1,), 3.0)
    history = one.snapshot().history
    assert len(history.epoch) == 1 and history.train_loss[0] == one.evaluate().train_loss
    assert one.snapshot().changes[0].label == "gamma of 1.2"


@pytest.mark.parametrize(
    ("name", "place", "value", "said"),
    [
        ("W9", (0, 0), 1.0, "W9"), ("", (0,), 1.0, "W0"), ("W0", (5, 0), 1.0, "W0[5, 0]"),
        ("W0", (0, 2), 1.0, "(5, 2)"), ("W0", (-1, 0), 1.0, "W0[-1, 0]"), ("W0", (0,), 1.0, "W0[0]"),
        ("b0", (0, 0), 1.0, "b0[0, 0]"),
        ("b0", (0,), float("nan"), "b0[0]"), ("b0", (0,), float("inf"), "finite"), ("var0", (0,), -1.0, "at least 0"),
    ],
)  # fmt: skip
def test_a_weight_that_cannot_be_is_refused_by_name(name: str, place: tuple[int, ...], value: float, said: str) -> None:
    one = trainer()
    before = one.state.parameters.copy()
    with pytest.raises(InputError) as refused:
        one.set_weight(name, place, value)
    assert said in str(refused.value)
    np.testing.assert_array_equal(one.state.parameters, before)
    assert one.snapshot().changes == ()


def test_a_number_too_large_for_the_precision_is_refused() -> None:
    one = trainer(precision="float32")
    with pytest.raises(InputError, match="float32"):
        one.set_weight("W0", (0, 0), 1e39)


def test_a_pruned_weight_that_is_set_lives_again() -> None:
    one = trainer(regularizer={"kind": "l1", "strength": 0.3, "prune": True}, steps=60)
    pruned = np.argwhere(one.network.layers[1].W(one.state.pruned))
    assert len(pruned)
    place = tuple(int(at) for at in pruned[0])
    one.set_weight("W1", place, 1.0)
    one.advance(steps=1)
    assert one.parameters()["W1"][place] != 0


def test_setting_a_weight_lets_a_training_that_stopped_go_on() -> None:
    stopping = {"watch": "validation_loss", "patience": 2}
    one = trainer(training={"batch_size": 7, "learning_rate": 0.3, "early_stopping": stopping}, steps=0)
    assert one.advance(epochs=500) == "stopped_early"
    one.set_weight("W0", (0, 0), 0.5)
    assert one.advance(steps=1) == "ready"


# Changes --------------------------------------------------------------------------------------------------------


def test_changes_are_on_record_with_their_moment() -> None:
    one = trainer(steps=12)
    one.configure(one.experiment, title="learning rate 0.1")
    (change,) = one.snapshot().changes
    # 30 points for training make 5 batches of at most 7, of which the 12th is the second of the third epoch.
    assert change.step == 12
    assert change.epoch == pytest.approx(2 + 14 / 30)
    assert change.seconds == one.seconds
    assert change.label == "learning rate 0.1"
    one.configure(one.experiment)
    assert len(one.snapshot().changes) == 1


def test_a_change_that_goes_on_takes_the_place_of_what_it_was() -> None:
    one = trainer()
    one.configure(one.experiment, title="first")
    for words in ("a", "b", "c"):
        one.advance(steps=1)
        one.configure(one.experiment, title=words, goes_on=words != "a")
    assert [(change.label, change.step) for change in one.snapshot().changes] == [("first", 12), ("c", 15)]


def test_changes_are_bounded_and_gone_after_a_reset() -> None:
    one = trainer()
    for number in range(250):
        one.configure(one.experiment, title=str(number))
    kept = one.snapshot().changes
    assert [change.label for change in kept] == [str(number) for number in range(50, 250)]
    one.reset()
    assert one.snapshot().changes == () and len(kept) == 200
    one.configure(one.experiment, title="only", goes_on=True)
    assert [change.label for change in one.snapshot().changes] == ["only"]


def test_going_back_to_a_moment_forgets_what_was_changed() -> None:
    one = trainer()
    kept = one.checkpoint()
    one.configure(one.experiment, title="later")
    one.restore(kept)
    assert one.snapshot().changes == ()


# Histories ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["reference", "compiled"])
def test_the_history_says_how_long_training_took(engine: EngineName) -> None:
    one = trainer(engine, steps=0)
    for _ in range(3):
        one.advance(epochs=2)
    seconds = one.snapshot().history.seconds
    assert len(seconds) == 7 and seconds[0] == 0
    assert (np.diff(seconds) > 0).all()
    assert seconds[-1] <= one.seconds < 5
    assert seconds[-1] == pytest.approx(one.seconds, abs=0.002)
    one.reset()
    assert one.snapshot().history.seconds.tolist() == [0]


@pytest.mark.parametrize("engine", ["reference", "compiled"])
def test_the_gradient_history_knows_how_large_updates_are(engine: EngineName) -> None:
    one = trainer(engine, steps=0)
    assert np.isnan(one.snapshot().gradients.update_ratio).all()
    one.advance(epochs=3)
    snapshot = one.snapshot()
    assert snapshot.gradients.update_ratio.shape == (4, 4)
    np.testing.assert_allclose(
        snapshot.gradients.update_ratio[-1], [layer.update_ratio for layer in snapshot.layers], rtol=1e-12
    )


def test_update_ratios_follow_their_layer_to_another_place() -> None:
    layers = [{"units": 5, "activation": "tanh", "id": name} for name in "ABC"]
    one = trainer(layers=layers, steps=20)
    before = one.snapshot().gradients
    one.configure(convert({**as_written(), "data": DATA["two classes"], "layers": [layers[0], layers[2], layers[1]]}))
    after = one.snapshot().gradients
    for name in ("gradient_rms", "delta_rms", "update_ratio"):
        np.testing.assert_array_equal(getattr(after, name), getattr(before, name)[:, [0, 2, 1, 3]])


@pytest.mark.parametrize("output", ["tanh", "linear"])
def test_outputs_without_probabilities_make_shares_of_classes(output: str) -> None:
    loss = {"kind": "squared_error", "output": output}
    one = trainer(data=DATA["three classes"], loss=loss, steps=0)
    field = BoundaryRequest(20).answer(one)
    o = outputs_on_grid(one, 20)[-1].reshape(3, 20, 20)
    np.testing.assert_allclose(field.sum(axis=0), 1, atol=1e-5)
    np.testing.assert_array_equal(field.argmax(axis=0), o.argmax(axis=0))


def test_shares_are_the_nearest_ones_to_what_outputs_estimate() -> None:
    tanh = SquaredError(output="tanh")
    o = np.array([[1.0, 0.0, -1.0, -0.9], [-1.0, 0.0, 1.0, -0.8], [-1.0, 0.0, 1.0, -1.0]])
    shares = class_shares(tanh, o)
    nearest = [[1, 0, 0], [1 / 3] * 3, [0, 0.5, 0.5], [1 / 3, 1 / 3 + 0.05, 1 / 3 - 0.05]]
    np.testing.assert_allclose(shares.T, nearest, atol=1e-12)
    assert (class_shares(tanh, np.array([[0.25]])) == tanh.score(np.array([[0.25]]))).all()
