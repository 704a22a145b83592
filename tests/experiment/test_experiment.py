"""The experiment: its declarations, its defaults, its text, and what it refuses."""

from __future__ import annotations

import json
import math
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import fields, replace

from playground import Experiment, InputError, Layer, Trainer, Training, check, load, save
from playground.catalog.activations import Activation, Linear, Tanh
from playground.catalog.choice import Choice, kind_of, members
from playground.catalog.datasets.base import Dataset, draw_sample
from playground.catalog.datasets.shapes import Circle, TiltedPlane
from playground.catalog.datasets.table import Table
from playground.catalog.features import FEATURES
from playground.catalog.initializers import GlorotUniform, Initializer, Uniform
from playground.catalog.losses import CrossEntropy, Loss, SquaredError
from playground.catalog.optimizers import Adam, Optimizer
from playground.catalog.regularizers import L2, NoRegularizer, Regularizer
from playground.catalog.schedules import Constant, Schedule
from playground.experiment.declarations import field_of
from playground.experiment.text import experiment_from_text, experiment_text
from playground.files.atomic import write_atomically
from playground.files.errors import shorten

PARTS: list[type[msgspec.Struct]] = [Experiment, Layer, Training]
FAMILIES = [Activation, Dataset, Initializer, Loss, Optimizer, Regularizer, Schedule]
KINDS: list[type[Choice]] = [kind for family in FAMILIES for kind in members(family).values()]
STRUCTS: list[type[msgspec.Struct]] = [*PARTS, *KINDS]
FIELDS = [(struct, field) for struct in STRUCTS for field in fields(struct)]


def field_name(value: object) -> str:
    return value.__name__ if isinstance(value, type) else getattr(value, "name", str(value))


def meta_of(expected: Any) -> msgspec.Meta | None:
    """How a field is declared; None where the type itself (a choice, another struct) says everything."""
    if get_origin(expected) is Annotated:
        return next((meta for meta in get_args(expected)[1:] if isinstance(meta, msgspec.Meta) and meta.title), None)
    return next((meta for part in get_args(expected) if (meta := meta_of(part)) is not None), None)


def text_with(**changes: object) -> str:
    return json.dumps({"version": 1, **changes})


def refusal(text: str | bytes) -> InputError:
    with pytest.raises(InputError) as error:
        experiment_from_text(text)
    assert "\n" not in str(error.value)
    return error.value


# Declarations ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("struct", STRUCTS, ids=field_name)
def test_struct_is_frozen_closed_and_explained(struct: type[msgspec.Struct]) -> None:
    assert struct.__struct_config__.frozen
    assert struct.__struct_config__.forbid_unknown_fields
    assert struct.__doc__ and struct.__doc__.strip().endswith((".", ")", "!", "?"))


@pytest.mark.parametrize("kind", KINDS, ids=field_name)
def test_choice_has_a_label_and_a_name_that_is_not_its_position(kind: type[Choice]) -> None:
    assert kind.label
    assert kind_of(kind).isidentifier() and kind_of(kind) == kind_of(kind).lower()
    assert kind.__doc__ != Choice.__doc__


@pytest.mark.parametrize("family", FAMILIES, ids=field_name)
def test_labels_tell_the_members_of_a_family_apart(family: type[Choice]) -> None:
    labels = [kind.label for kind in members(family).values()]
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize(("struct", "field"), FIELDS, ids=field_name)
def test_field_is_declared_with_label_and_help(struct: type[msgspec.Struct], field: Any) -> None:
    expected = field.type
    if field_of(expected).choices or field.name in ("version", "features", "layers", "training", "early_stopping"):
        return
    meta = meta_of(expected)
    assert meta is not None and meta.title and meta.description
    assert meta.description.endswith((".", ")", "!", "?"))
    assert meta.extra is not None and meta.extra["scale"] in ("linear", "log")


@pytest.mark.parametrize(("struct", "field"), FIELDS, ids=field_name)
def test_slider_lies_within_what_is_accepted(struct: type[msgspec.Struct], field: Any) -> None:
    meta = meta_of(field.type)
    slider = meta.extra["slider"] if meta is not None and meta.extra else None
    if meta is None or slider is None:
        return
    low, high = slider
    assert low < high
    assert meta.ge is None or low >= meta.ge
    assert meta.gt is None or low > meta.gt
    assert meta.le is None or high <= meta.le
    assert meta.lt is None or high < meta.lt
    assert meta.extra is not None and (meta.extra["scale"] == "linear" or low > 0)


@pytest.mark.parametrize(("struct", "field"), FIELDS, ids=field_name)
def test_default_is_valid(struct: type[msgspec.Struct], field: Any) -> None:
    default = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
    msgspec.convert(msgspec.to_builtins(default), field.type)


def placed(choice: Choice) -> Experiment:
    """An experiment that contains a choice where its family belongs."""
    if isinstance(choice, Dataset):
        return Experiment(data=choice)
    if isinstance(choice, Activation):
        return Experiment(layers=(Layer(activation=choice),))
    if isinstance(choice, Initializer):
        return Experiment(initializer=choice, layers=(Layer(initializer=choice),))
    if isinstance(choice, Regularizer):
        return Experiment(regularizer=choice, layers=(Layer(regularizer=choice),))
    if isinstance(choice, Loss):
        return Experiment(loss=choice, data=Circle() if "classification" in choice.tasks else TiltedPlane())
    if isinstance(choice, Optimizer):
        return Experiment(training=Training(optimizer=choice))
    assert isinstance(choice, Schedule)
    return Experiment(training=Training(schedule=choice))


def needs_files_or_points(kind: type[Choice]) -> bool:
    """Whether a data set says nothing by itself: its points stand in a file or in the experiment."""
    return issubclass(kind, Dataset) and kind_of(kind) in ("table", "points", "tfplayground")


READY = [kind for kind in KINDS if not needs_files_or_points(kind)]


@pytest.mark.parametrize("kind", READY, ids=field_name)
def test_choice_survives_text_and_trains(kind: type[Choice]) -> None:
    experiment = placed(kind())
    assert experiment_from_text(experiment_text(experiment)) == experiment == check(experiment)
    Trainer(experiment, engine="reference").advance(steps=1)


@pytest.mark.parametrize("kind", READY, ids=field_name)
def test_a_bare_name_is_that_kind_with_its_defaults(kind: type[Choice]) -> None:
    def bare(raw: Any) -> Any:
        if isinstance(raw, dict) and raw.get("kind") == kind_of(kind):
            return kind_of(kind)
        if isinstance(raw, dict):
            return {key: bare(value) for key, value in raw.items()}
        return [bare(value) for value in raw] if isinstance(raw, list) else raw

    raw = bare(json.loads(experiment_text(placed(kind()))))
    assert kind_of(kind) in str(raw)
    assert experiment_from_text(json.dumps(raw)) == placed(kind())


def values_within(meta: msgspec.Meta | None, inner: Any) -> Iterator[object]:
    """Some values that a declaration accepts, its ends among them."""
    if inner is bool:
        yield from (True, False)
    elif inner is str:
        yield from ("x", "ü “quoted”\n")
    elif get_origin(inner) is Literal:
        yield from get_args(inner)
    elif inner in (int, float) and meta is not None:
        low = meta.ge if meta.ge is not None else meta.gt
        high = meta.le if meta.le is not None else meta.lt
        if meta.ge is not None:
            yield inner(meta.ge)
        if meta.le is not None:
            yield inner(meta.le)
        if low is not None and high is not None and inner is float:
            yield low + (high - low) / 3


@pytest.mark.parametrize(("struct", "field"), FIELDS, ids=field_name)
def test_every_allowed_value_of_a_field_survives_text(struct: type[msgspec.Struct], field: Any) -> None:
    expected = field.type
    meta = meta_of(expected)
    while get_origin(expected) is Annotated or type(None) in get_args(expected):
        expected = next(part for part in get_args(expected) if part is not type(None))
    for value in values_within(meta, expected):
        part = replace(struct(), **{field.name: value})
        decoded = msgspec.json.decode(msgspec.json.encode(part), type=struct)
        assert decoded == part and type(getattr(decoded, field.name)) is type(value)


# Defaults -------------------------------------------------------------------------------------------------------


def test_what_is_omitted_has_the_defaults_of_the_file_format() -> None:
    omitted = experiment_from_text('{"version": 1}')
    assert (omitted.name, omitted.seed, omitted.precision, omitted.bias) == ("", 0, "float32", 0.0)
    assert omitted.data == Circle(points=500, noise=0.0, validation_fraction=0.5, test_fraction=0.0, label_noise=0.0)
    assert omitted.data.seed == 0
    assert omitted.features == ("x1", "x2")
    assert omitted.layers == ()
    assert omitted.initializer == GlorotUniform()
    assert omitted.regularizer == NoRegularizer()
    training = omitted.training
    assert (training.optimizer, training.learning_rate, training.schedule) == (Adam(), 0.01, Constant())
    assert (training.batch_size, training.batching, training.shuffle) == (32, "partial", True)
    assert (training.weight_decay, training.weight_noise, training.clip_norm, training.epochs) == (0.0, 0.0, None, None)
    assert omitted == Experiment()


def test_a_layer_is_off_in_everything_that_is_omitted() -> None:
    (layer,) = experiment_from_text(text_with(layers=[{"units": 3}])).layers
    assert (layer.dropout, layer.initializer, layer.regularizer, layer.trainable, layer.id) == (
        0.0, None, None, True, None,
    )  # fmt: skip
    assert layer.activation == Linear()


def test_the_loss_follows_the_task_and_an_explicit_one_its_output() -> None:
    assert Experiment().loss_for("classification") == CrossEntropy()
    assert Experiment().loss_for("regression") == SquaredError(output="linear")
    explicit = experiment_from_text(text_with(loss="squared_error"))
    assert explicit.loss_for("classification") == SquaredError(output="tanh")
    assert explicit.loss_for("regression") == SquaredError(output="linear")
    sigmoid = experiment_from_text(text_with(loss={"kind": "squared_error", "output": "sigmoid"}))
    assert sigmoid.loss_for("classification") == sigmoid.loss_for("regression") == SquaredError(output="sigmoid")


def test_the_example_of_the_file_format_is_read() -> None:
    example = """
{ "version": 1, "name": "Two spirals", "seed": 0, "precision": "float32",
  "data": {"kind": "spiral", "points": 500, "noise": 0.1, "seed": 0, "validation_fraction": 0.5},
  "features": ["x1", "x2"],
  "layers": [ {"units": 8, "activation": "tanh", "dropout": 0.0},
              {"units": 8, "activation": "tanh"} ],
  "initializer": {"kind": "glorot_uniform"}, "bias": 0.0,
  "loss": {"kind": "cross_entropy"},
  "regularizer": {"kind": "l2", "strength": 0.001},
  "training": {"optimizer": {"kind": "adam"}, "learning_rate": 0.01, "schedule": {"kind": "constant"},
               "batch_size": 32, "batching": "partial", "shuffle": true, "weight_decay": 0.0, "weight_noise": 0.0,
               "clip_norm": null, "epochs": null} }"""
    experiment = experiment_from_text(example)
    assert experiment.layers == (Layer(units=8, activation=Tanh()), Layer(units=8, activation=Tanh()))
    assert experiment.regularizer == L2(strength=0.001)


def test_features_have_the_names_of_the_file_format() -> None:
    x = np.array([[0.5, -2.0]])
    expected = {
        "x1": 0.5,
        "x2": -2,
        "x1_squared": 0.25,
        "x2_squared": 4,
        "x1_x2": -1,
        "sin_x1": math.sin(0.5),
        "sin_x2": math.sin(-2),
        "cos_x1": math.cos(0.5),
        "cos_x2": math.cos(-2),
        "radius": math.hypot(0.5, 2),
    }
    assert list(FEATURES) == list(expected)
    for name, value in expected.items():
        assert FEATURES[name].formula(x[:, 0], x[:, 1])[0] == pytest.approx(value, rel=1e-14)


# Refusals -------------------------------------------------------------------------------------------------------

NESTED = {
    "": {},
    "data": {"kind": "circle"},
    "layers[0]": {},
    "layers[0].activation": {"kind": "tanh"},
    "layers[0].initializer": {"kind": "zeros"},
    "layers[0].regularizer": {"kind": "l1"},
    "initializer": {"kind": "normal"},
    "loss": {"kind": "cross_entropy"},
    "regularizer": {"kind": "l2"},
    "training": {},
    "training.optimizer": {"kind": "sgd"},
    "training.schedule": {"kind": "constant"},
}


def nest(path: str, value: Any) -> Any:
    """The experiment that has `value` at `path`."""
    for name in reversed([step for step in path.replace("[0]", ".[0]").split(".") if step]):
        value = [value] if name == "[0]" else {name: value}
    return {"version": 1, **value}


@pytest.mark.parametrize("path", NESTED)
def test_unknown_fields_are_refused_at_every_level(path: str) -> None:
    error = refusal(json.dumps(nest(path, {**NESTED[path], "momentun": 0.9})))
    assert error.path == f"{path}.momentun".removeprefix(".")
    assert str(error).startswith(f"{error.path} is unknown: {path or 'an experiment'} has ")
    assert ("kind" in error.allowed) == ("kind" in NESTED[path])


@pytest.mark.parametrize("key", ["two\nlines", "a.b", "a[0]", "a` - at `$.seed"])
def test_unknown_fields_with_odd_names_are_shown_on_one_line(key: str) -> None:
    error = refusal(text_with(training={key: 7}))
    assert error.path.startswith("training.")


@pytest.mark.parametrize("path", [path for path, example in NESTED.items() if "kind" in example])
@pytest.mark.parametrize("value", ["nonsense", 5, None, [], {}, {"kind": "nonsense"}, {"kind": 5}])
def test_unknown_kinds_are_refused_with_the_known_ones(path: str, value: object) -> None:
    if value is None and path in ("loss", "layers[0].initializer", "layers[0].regularizer"):
        return  # null inherits or leaves open
    error = refusal(json.dumps(nest(path, value)))
    assert error.path.removesuffix(".kind") == path
    assert NESTED[path]["kind"] in error.allowed.removeprefix("one of ").split(", ")


BAD_VALUES: list[tuple[str, object, str]] = [
    ("seed", -1, "at least 0"),
    ("seed", 2**53, "at most 9,007,199,254,740,991"),
    ("seed", 1.5, "a whole number"),
    ("seed", "0", "a whole number"),
    ("seed", True, "a whole number"),
    ("name", 5, "a text"),
    ("precision", "float16", "float32, float64"),
    ("bias", "0", "a number"),
    ("bias", 10**400, "at most 1,000,000"),
    ("features", "x1", "a list"),
    ("features[0]", "x3", "x1_squared"),
    ("layers", {"units": 3}, "a list"),
    ("layers[0]", 3, "a JSON object"),
    ("layers[0].units", 0, "at least 1"),
    ("layers[0].units", 2.5, "a whole number"),
    ("layers[0].dropout", 1, "below 1"),
    ("layers[0].trainable", 1, "true or false"),
    ("layers[0].id", 5, "a text"),
    ("layers[0].activation", {"kind": "leaky_relu", "slope": 2}, "at most 1"),
    ("data", {"kind": "circle", "points": 0}, "at least 1"),
    ("data", {"kind": "circle", "validation_fraction": 1}, "below 1"),
    ("loss", {"kind": "squared_error", "output": "relu"}, "linear, tanh, sigmoid"),
    ("regularizer", {"kind": "elastic_net", "l2": -1}, "at least 0"),
    ("regularizer", {"kind": "l2", "strength": -2e6}, "at least -1,000,000"),
    ("training", 5, "a JSON object"),
    ("training.learning_rate", -0.1, "at least 0"),
    ("training.batch_size", -1, "at least 0"),
    ("training.batching", "half", "partial, drop, carry"),
    ("training.shuffle", "yes", "true or false"),
    ("training.clip_norm", 0, "above 0"),
    ("training.epochs", -1, "at least 0"),
    ("training.optimizer", {"kind": "adam", "beta1": 1}, "below 1"),
    ("training.optimizer", {"kind": "momentum", "nesterov": 0}, "true or false"),
]


@pytest.mark.parametrize(("path", "value", "allowed"), BAD_VALUES, ids=repr)
def test_bad_values_are_refused_with_path_value_and_what_is_allowed(path: str, value: Any, allowed: str) -> None:
    error = refusal(json.dumps(nest(path, value)))
    leaf = {key: inner for key, inner in value.items() if key != "kind"} if isinstance(value, dict) else {}
    if leaf and path != "layers":
        ((name, value),) = leaf.items()
        path = f"{path}.{name}"
    assert (error.path, error.value) == (path, value)
    assert allowed in error.allowed
    assert str(error) == f"{path} must be {error.allowed} (got {shorten(value)})"


def test_an_experiment_needs_a_feature() -> None:
    assert str(refusal(text_with(features=[]))).startswith("features is missing: at least one of x1, ")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
@pytest.mark.parametrize("path", ["bias", "seed", "training.learning_rate", "layers[0].dropout", "features[0]"])
def test_numbers_that_are_not_finite_are_refused(path: str, number: str) -> None:
    error = refusal(json.dumps(nest(path, "HERE")).replace('"HERE"', number))
    assert error.path == path
    assert error.allowed == "a finite number"


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('{"version": 1, "version": 1}', "version"),
        ('{"version": 1, "training": {"epochs": 1, "epochs": 2}}', "training.epochs"),
        ('{"version": 1, "layers": [{}, {"units": 1, "units": 1}]}', "layers[1].units"),
        ('{"version": 1, "data": {"kind": "circle"}, "data": {"kind": "xor"}}', "data"),
    ],
)
def test_keys_that_stand_twice_are_refused(text: str, path: str) -> None:
    error = refusal(text)
    assert error.path == path
    assert "once" in error.allowed


@pytest.mark.parametrize("version", [0, 3, "1", 1.0, True, None, [], 10**30])
def test_other_versions_are_refused(version: object) -> None:
    error = refusal(text_with(version=version))
    assert error.path == "version"
    assert ("newer" in error.allowed) == (version in (3, 10**30))


@pytest.mark.parametrize(("version", "points"), [(1, 500), (2, None)])
def test_a_table_has_all_its_rows_unless_the_file_is_of_version_1(tmp_path: Path, version: int, points: object) -> None:
    file = tmp_path / "t.csv"
    file.write_text("a,b,c\n" + "".join(f"{k},{k % 7},{'xy'[k % 2]}\n" for k in range(5000)))
    data = {"kind": "table", "path": str(file), "x1": "a", "x2": "b", "target": "c"}
    experiment = experiment_from_text(text_with(version=version, data=data))
    assert experiment.data.points == points
    assert len(draw_sample(experiment.data).x) == (points or 5000)
    for wanted in (1, 20, 5000, 10_000):
        stated = experiment_from_text(text_with(version=version, data={**data, "points": wanted}))
        assert len(draw_sample(stated.data).x) == min(wanted, 5000)


def test_a_file_of_version_1_is_saved_as_what_it_means(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("a,b,c\n" + "".join(f"{k},{k % 7},{'xy'[k % 2]}\n" for k in range(600)))
    data = {"kind": "table", "path": str(file), "x1": "a", "x2": "b", "target": "c"}
    old = experiment_from_text(text_with(version=1, data=data))
    save(old, tmp_path / "e.json")
    assert json.loads((tmp_path / "e.json").read_text("utf-8"))["version"] == 2
    assert load(tmp_path / "e.json") == old


def test_a_file_without_a_version_is_refused() -> None:
    assert refusal("{}").path == "version"


@pytest.mark.parametrize(
    "text", ["", "{", "nonsense", "{'version': 1}", "\ufeffx", '{"version": 1} x', b"\xff\xfe\x00"]
)
def test_what_is_no_json_is_refused(text: str | bytes) -> None:
    assert "JSON" in refusal(text).allowed


@pytest.mark.parametrize("text", ["[]", "5", "null", '"spiral"', "true"])
def test_json_that_is_no_object_is_refused(text: str) -> None:
    assert "a JSON object" in refusal(text).allowed


def test_deep_nesting_is_refused_at_every_depth() -> None:
    for depth in (3, 100, *range(880, 1000), 100_000):
        for opening, closing in (("[", "]"), ('{"a":', "}")):
            refusal('{"version": 1, "x": ' + opening * depth + "1" + closing * depth + "}")


def test_half_a_character_is_refused_since_no_file_can_hold_it() -> None:
    assert refusal('{"version": 1, "name": "\\ud800"}').path == "name"
    refusal('{"version": 1, "\\ud800": 1}')


@pytest.mark.parametrize(
    ("experiment", "path"),
    [
        (Experiment(features=("x1", "x2", "x1")), "features[2]"),
        (Experiment(layers=(Layer(id="A"), Layer(id="B"), Layer(id="A"))), "layers[2].id"),
        (Experiment(layers=(Layer(),) * 101), "layers"),
        (Experiment(data=Circle(validation_fraction=0.6, test_fraction=0.4)), "data.test_fraction"),
        (Experiment(data=TiltedPlane(), loss=CrossEntropy()), "loss.kind"),
        (Experiment(initializer=Uniform(low=1, high=-1)), "initializer.low"),
        (Experiment(layers=(Layer(initializer=Uniform(low=1, high=-1)),)), "layers[0].initializer.low"),
        (Experiment(data=Table(path="missing.csv", x1="a", x2="b", target="c")), "data.path"),
        (Experiment(seed=-1), "seed"),
        (Experiment(bias=math.nan), "bias"),
        (Experiment(training=Training(learning_rate=math.inf)), "training.learning_rate"),
        (Experiment(training=object()), "experiment"),  # type: ignore[arg-type]
        (None, "experiment"),
    ],
)
def test_check_refuses_values_given_in_code_too(experiment: Experiment, path: str) -> None:
    for judge in (check, Trainer):
        if experiment is None and judge is Trainer:
            continue
        with pytest.raises(InputError) as error:
            judge(experiment)
        assert error.value.path == path


def test_check_returns_what_code_writes_loosely_in_its_proper_type() -> None:
    loose = Experiment(
        layers=[Layer(units=np.int64(3), activation="tanh")],  # type: ignore[arg-type]
        training=Training(optimizer="sgd", learning_rate=np.float64(0.5)),  # type: ignore[arg-type]
    )
    proper = check(loose)
    assert proper == experiment_from_text(experiment_text(proper))
    assert proper.layers == (Layer(units=3, activation=Tanh()),)
    assert type(proper.training.learning_rate) is float
    hash(proper)
    Trainer(loose, engine="reference").advance(steps=1)


def test_a_refusal_is_short_however_long_the_value() -> None:
    assert len(str(refusal(text_with(name=["x" * 100_000])))) < 500
    assert len(str(refusal(text_with(**{"x" * 100_000: 1})))) < 1000


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=150)
@given(path=st.sampled_from([path for path in NESTED if path] + [path for path, _, _ in BAD_VALUES]), value=JSON)
def test_whatever_stands_anywhere_is_read_or_refused_in_one_line(path: str, value: object) -> None:
    try:
        experiment = experiment_from_text(json.dumps(nest(path, value)))
    except InputError as error:
        assert "\n" not in str(error)
    else:
        assert experiment_from_text(experiment_text(experiment)) == experiment


# Files ----------------------------------------------------------------------------------------------------------


def test_a_saved_experiment_loads_equal(tmp_path: Path, experiment: Experiment) -> None:
    save(experiment, tmp_path / "e.json")
    assert load(tmp_path / "e.json") == experiment
    assert json.loads((tmp_path / "e.json").read_text("utf-8"))["version"] == 2


def test_a_tables_path_is_relative_to_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = tmp_path / "data" / "t.csv"
    table.parent.mkdir()
    table.write_text("a,b,c\n1,2,x\n3,4,y\n")
    folder = tmp_path / "experiments"
    folder.mkdir()
    monkeypatch.chdir(tmp_path)
    save(Experiment(data=Table(path="data/t.csv", x1="a", x2="b", target="c")), folder / "e.json")
    assert json.loads((folder / "e.json").read_text())["data"]["path"] == str(Path("../data/t.csv"))
    monkeypatch.chdir("/")
    loaded = load(folder / "e.json").data
    assert isinstance(loaded, Table) and Path(loaded.path) == table


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_a_save_that_fails_leaves_the_old_file_whole_and_nothing_else(
    tmp_path: Path, experiment: Experiment, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    file = tmp_path / "e.json"
    save(experiment, file)
    before = file.read_bytes()

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(*(("os.fsync", fail) if failing == "fsync" else (Path, "replace", fail)))
        with pytest.raises(OSError, match="No space"):
            save(replace(experiment, name="new"), file)
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions and links")
def test_saving_respects_permissions_links_and_devices(tmp_path: Path) -> None:
    mask = os.umask(0o022)
    try:
        write_atomically(tmp_path / "new", b"x")
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o644
    (tmp_path / "new").chmod(0o640)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "link").symlink_to(tmp_path / "new")
    write_atomically(tmp_path / "folder" / "link", b"y")
    assert (tmp_path / "folder" / "link").is_symlink()
    assert (tmp_path / "new").read_bytes() == b"y"
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK) if not os.mkfifo(tmp_path / "pipe") else 0
    try:
        write_atomically(tmp_path / "pipe", b"z")
        assert os.read(reader, 10) == b"z"
    finally:
        os.close(reader)
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


@pytest.mark.parametrize("content", [None, b"{", b"\xff\xff", b""])
def test_a_file_that_can_not_be_read_is_refused_by_name(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "e.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(InputError) as error:
        load(file)
    assert error.value.path == str(file)


def test_a_folder_and_a_name_that_can_not_be_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "x\0y"):
        with pytest.raises(InputError):
            load(path)


def test_a_file_that_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("playground.experiment.text.MAX_FILE_BYTES", 10)
    (tmp_path / "e.json").write_text('{"version": 1}')
    with pytest.raises(InputError, match="at most 10 bytes"):
        load(tmp_path / "e.json")
