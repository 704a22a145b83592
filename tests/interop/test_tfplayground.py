"""Links of playground.tensorflow.org: the same numbers as in the browser, whatever a link says, and back to a link."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import cache
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from playground import Experiment, InputError, Layer, Trainer, Training
from playground.catalog.activations import Gelu, Relu, Sigmoid, Tanh
from playground.catalog.datasets.base import TRAIN, VALIDATION, draw_sample
from playground.catalog.datasets.shapes import Circle
from playground.catalog.datasets.tfdata import Arc4
from playground.catalog.datasets.tfplayground import TfPlayground
from playground.catalog.initializers import TfPlaygroundWeights as TfPlaygroundWeights
from playground.catalog.initializers import Zeros
from playground.catalog.losses import CrossEntropy, SquaredError
from playground.catalog.optimizers import Adam, Sgd
from playground.catalog.regularizers import L1, L2, ElasticNet, NoRegularizer
from playground.experiment.rules import check
from playground.experiment.text import experiment_from_text, experiment_text
from playground.interop.opening import open_source
from playground.interop.tfplayground import NoLinkError, experiment_from_link, is_link, link_of
from tests.interop.naive_tfplayground import Page

EXAMPLE = (
    "https://playground.tensorflow.org/#activation=tanh&batchSize=10&dataset=circle&regDataset=reg-plane"
    "&learningRate=0.03&regularizationRate=0&noise=0&networkShape=4,2&seed=0.59704&showTestData=false&discretize=false"
    "&percTrainData=50&x=true&y=true&xTimesY=false&xSquared=false&ySquared=false&cosX=false&sinX=false&cosY=false"
    "&sinY=false&collectStats=false&problem=classification&initZero=false&hideText=false"
)
PUBLISHED = {
    0: (0.499440, 0.501190),
    1: (0.497578, 0.498116),
    10: (0.486275, 0.484222),
    50: (0.082837, 0.091814),
    100: (0.010396, 0.011562),
    200: (0.002924, 0.003008),
}
"""Losses on the training and test points of EXAMPLE after so many epochs, as the browser shows them."""
ENGINES: list[Literal["reference", "compiled"]] = ["reference", "compiled"]
each_engine = pytest.mark.parametrize("engine", ENGINES)

VARIED = [
    "#seed=1&dataset=xor&activation=relu&networkShape=4,3&noise=10&percTrainData=20",
    "#seed=2&dataset=gauss&activation=sigmoid&networkShape=3&noise=25&percTrainData=30&learningRate=0.1",
    "#seed=3&dataset=spiral&networkShape=5,4&sinX=true&sinY=true&noise=5&percTrainData=40&batchSize=7",
    "#seed=4&dataset=circle&activation=linear&networkShape=3&xSquared=true&ySquared=true&percTrainData=20",
    "#seed=5&dataset=circle&networkShape=&xTimesY=true&xSquared=true&ySquared=true&batchSize=1&percTrainData=10",
    "#seed=6&dataset=xor&networkShape=4,2&regularization=L1&regularizationRate=0.03&percTrainData=30&batchSize=4",
    "#seed=7&dataset=gauss&networkShape=4&regularization=L2&regularizationRate=0.1&percTrainData=25&batchSize=30",
    "#seed=8&problem=regression&regDataset=reg-plane&networkShape=3,2&percTrainData=20&noise=35&batchSize=11",
    "#seed=9&problem=regression&regDataset=reg-gauss&networkShape=5&activation=relu&percTrainData=15&batchSize=16",
    "#seed=10&problem=regression&networkShape=2&regularization=L1&regularizationRate=0.01&percTrainData=10",
    "#seed=11&dataset=spiral&initZero=true&networkShape=3&percTrainData=20",
    "#seed=twelve%20and%20a%20half&dataset=circle&networkShape=1,1,1&batchSize=150&percTrainData=33.3&noise=50",
    "#seed=13&dataset=xor&networkShape=2&batchSize=600&percTrainData=20",
    "#seed=14&dataset=circle&networkShape=3&x=false&sinX=true&activation=sigmoid&percTrainData=20&noise=80"
    "&regularization=L1&regularizationRate=0.3&learningRate=0.3&batchSize=3",
    "#seed=15&dataset=gauss&networkShape=3&regularization=L2&regularizationRate=-0.02&percTrainData=20",
    "#seed=16&dataset=xor&networkShape=4&regularization=L1&regularizationRate=-0.5&percTrainData=20&learningRate=0.1",
]
"""Links with all that links can vary, small enough for plain Python to train."""
EPOCHS = (0, 1, 2, 5, 10, 20, 50, 100)


@cache
def trained(link: str, epochs: int, engine: Literal["reference", "compiled"]) -> Trainer:
    """The program after so many epochs, for several tests to look at."""
    trainer = Trainer(experiment_from_link(link).experiment, engine=engine)
    trainer.advance(epochs=epochs)
    return trainer


def losses(link: str, epochs: tuple[int, ...], engine: Literal["reference", "compiled"]) -> list[tuple[Any, Any]]:
    """The program's losses on both sets after so many epochs."""
    history = trained(link, epochs[-1], engine).snapshot().history
    return [(history.train_loss[epoch], history.validation_loss[epoch]) for epoch in epochs]


@cache
def naive(link: str) -> tuple[Page, list[tuple[float, float]]]:
    """The original's losses at EPOCHS, and the page at the end."""
    page, found = Page(link), []
    for epoch in range(EPOCHS[-1] + 1):
        if epoch:
            page.iteration()
        if epoch in EPOCHS:
            found.append((page.loss(page.train), page.loss(page.test)))
    return page, found


# Digit for digit ------------------------------------------------------------------------------------------------


def test_the_random_numbers_are_those_of_the_library() -> None:
    random = Arc4("0.5")
    assert [random.random() for _ in range(3)] == [0.49767758747058916, 0.8074465011135612, 0.7863697779919979]


def test_the_first_point_and_weight_of_the_example() -> None:
    experiment = experiment_from_link(EXAMPLE).experiment
    trainer = Trainer(experiment, engine="reference")
    drawn = trainer.sample
    assert (*drawn.x[0], drawn.labels[0]) == (0.24014491222149606, 0.46035893207186385, 1)
    assert trainer.parameters()["W0"][0, 0] == 0.013961340352000695
    assert (drawn.split == TRAIN).sum() == (drawn.split == VALIDATION).sum() == 250
    assert (drawn.split[:250] == TRAIN).all()


@each_engine
def test_the_example_trains_to_the_published_losses(engine: Literal["reference", "compiled"]) -> None:
    found = losses(EXAMPLE, tuple(PUBLISHED), engine)
    assert found == [pytest.approx(wanted, abs=1e-6) for wanted in PUBLISHED.values()]


@pytest.mark.parametrize("noise", [0, 7, 50, 80])
@pytest.mark.parametrize("name", ["circle", "xor", "gauss", "spiral", "reg-plane", "reg-gauss"])
def test_points_and_weights_are_the_originals(name: str, noise: int) -> None:
    problem = "problem=regression&regDataset" if name.startswith("reg") else "dataset"
    link = f"#seed=0.{noise}&{problem}={name}&noise={noise}&networkShape=3,2"
    page, trainer = Page(link), Trainer(experiment_from_link(link).experiment, engine="reference")
    x, y, label = np.array(page.points).T
    np.testing.assert_allclose(trainer.sample.x, np.stack([x, y], axis=1), rtol=0, atol=1e-14)
    labels = label if name.startswith("reg") else (label + 1) / 2
    np.testing.assert_allclose(trainer.sample.labels, labels, rtol=0, atol=1e-14)
    for number, weights in enumerate(page.weights()):
        np.testing.assert_array_equal(trainer.parameters()[f"W{number}"], weights)
        assert (trainer.parameters()[f"b{number}"] == 0.1).all()


@pytest.mark.parametrize("link", VARIED)
@each_engine
def test_a_hundred_epochs_are_the_originals(engine: Literal["reference", "compiled"], link: str) -> None:
    _, wanted = naive(link)
    np.testing.assert_allclose(np.array(losses(link, EPOCHS, engine)), np.array(wanted), rtol=0, atol=1e-6)


@each_engine
def test_the_same_weights_are_pruned(engine: Literal["reference", "compiled"]) -> None:
    pruned = 0
    for link in VARIED:
        page, _ = naive(link)
        trainer = trained(link, EPOCHS[-1], engine)
        assert trainer.state.pruned.sum() == page.dead()
        pruned += page.dead()
        for number, weights in enumerate(page.weights()):
            np.testing.assert_allclose(trainer.parameters()[f"W{number}"], weights, rtol=0, atol=1e-5)
    assert pruned > 10


def test_the_links_vary_in_all_that_matters() -> None:
    """Some carry a remainder, one never updates, one has no hidden layer, one starts from zeros."""
    experiments = [experiment_from_link(link).experiment for link in VARIED]
    kinds = {experiment.data.dataset for experiment in experiments if isinstance(experiment.data, TfPlayground)}
    assert len(kinds) == 6
    assert {type(e.layers[0].activation) for e in experiments if e.layers} >= {Tanh, Relu, Sigmoid}
    assert {type(e.regularizer) for e in experiments} == {NoRegularizer, L1, L2}
    assert any(isinstance(e.initializer, Zeros) for e in experiments) and any(not e.layers for e in experiments)
    carried = [Trainer(e, engine="reference") for e in experiments]
    assert sum(t.setup.points % t.setup.batch_size > 0 for t in carried) >= 5


# What a link says -----------------------------------------------------------------------------------------------


def test_an_empty_link_is_the_defaults_with_a_seed_of_five_decimals() -> None:
    for link in ("https://playground.tensorflow.org", "http://playground.tensorflow.org/", "#"):
        experiment, notes = experiment_from_link(link)
        assert isinstance(experiment.data, TfPlayground)
        seed = experiment.data.seed
        assert len(seed) == 7 and 0 <= float(seed) < 1
        assert len(notes) == 1 and seed in notes[0]
        same = experiment_from_link(EXAMPLE).experiment
        assert replace(experiment, data=replace(experiment.data, seed="0.59704")) == same


def test_two_openings_of_a_link_without_a_seed_draw_two_seeds() -> None:
    assert len({experiment_from_link("#seed=").experiment.data for _ in range(5)}) > 1


def test_the_experiment_is_what_it_is_said_to_be() -> None:
    experiment, notes = experiment_from_link(EXAMPLE)
    assert notes == ()
    assert experiment == Experiment(
        precision="float64",
        data=TfPlayground("circle", 0, 50, "0.59704"),
        layers=(Layer(4, Tanh()), Layer(2, Tanh())),
        initializer=TfPlaygroundWeights(),
        bias=0.1,
        loss=SquaredError(),
        training=Training(optimizer=Sgd(), learning_rate=0.03, batch_size=10, batching="carry", shuffle=False),
    )
    assert experiment.loss_for("classification") == SquaredError(output="tanh")
    assert experiment.loss_for("regression") == SquaredError(output="linear")


@pytest.mark.parametrize(
    ("said", "changed"),
    [
        ("regularization=L1&regularizationRate=0.3", {"regularizer": L1(0.3, prune=True)}),
        ("regularization=L2&regularizationRate=0.3", {"regularizer": L2(0.15)}),
        ("regularization=none&regularizationRate=0.3", {}),
        ("initZero=true", {"initializer": Zeros(), "bias": 0.0}),
        ("initZero=yes", {"initializer": Zeros(), "bias": 0.0}),
        ("activation=relu&networkShape=3", {"layers": (Layer(3, Relu()),)}),
        ("networkShape=", {"layers": ()}),
        ("x=false&sinY=1&xTimesY=True", {"features": ("x2", "x1_x2", "sin_x2")}),
        ("x=&y=  &activation=&noise=", {}),
        ("tutorial=1&play_hide=true&=&&=5&x", {}),
        ("regularization=L2&regularizationRate=-0.3", {"regularizer": L2(-0.15)}),
        ("regularization=L1&regularizationRate=-1e-3", {"regularizer": L1(-0.001, prune=True)}),
        ("regularization=none&regularizationRate=-0.3", {}),
        ("x=false&x=true", {}),
        ("collectStats=true&hideText=true", {}),
        ("noise=-3", {}),
        ("noise=25.5", {"data": TfPlayground("circle", 25.5, 50, "s")}),
        ("noise=80", {"data": TfPlayground("circle", 80, 50, "s")}),
        ("percTrainData=150", {"data": TfPlayground("circle", 0, 100, "s")}),
        ("seed=a%20b", {"data": TfPlayground("circle", 0, 50, "a%20b")}),
        ("problem=regression&regDataset=reg-gauss", {"data": TfPlayground("reg-gauss", 0, 50, "s")}),
        ("regDataset=reg-gauss", {}),
    ],
)
def test_what_a_link_says(said: str, changed: dict[str, Any]) -> None:
    plain = replace(experiment_from_link(EXAMPLE).experiment, data=TfPlayground(seed="s"))
    experiment, notes = experiment_from_link(f"#seed=s&{said}")
    assert experiment == replace(plain, **changed)
    assert notes == ()


@pytest.mark.parametrize(
    ("said", "same_as", "noted"),
    [
        ("noise=81", "noise=50", "81"),
        ("noise=1e400", "noise=50", "50"),
        ("nonsense=3", "", "nonsense: playground.tensorflow.org has no such setting"),
        ("learningrate=3&batch-size=4", "", "learningrate, batch-size: "),
        ("batchSi", "", "batchSi"),
        ("cosX=true&cosY=true", "", "cosX, cosY"),
        ("discretize=true", "", "two colours"),
        ("showTestData=true", "", "test points"),
    ],
)
def test_what_is_not_taken_as_it_stands_is_noted(said: str, same_as: str, noted: str) -> None:
    experiment, notes = experiment_from_link(f"#seed=s&{said}")
    assert experiment == experiment_from_link(f"#seed=s&{same_as}").experiment
    assert len(notes) == 1 and noted in notes[0]


@pytest.mark.parametrize("size", ["251", "0", "-300", "1000000", "300.5"])
def test_a_batch_that_is_never_full_trains_nothing_and_says_so(size: str) -> None:
    experiment, notes = experiment_from_link(f"{EXAMPLE}&batchSize={size}")
    assert len(notes) == 1 and size in notes[0] and "never updates" in notes[0]
    trainer = Trainer(experiment, engine="reference")
    before = trainer.state.parameters.copy()
    trainer.advance(epochs=5)
    np.testing.assert_array_equal(trainer.state.parameters, before)


@pytest.mark.parametrize(("said", "size"), [("250", 250), ("-10", 10), ("2.5", 5), ("0.5", 1), ("1e1", 10)])
def test_odd_batch_sizes_are_what_they_are_in_the_original(said: str, size: int) -> None:
    experiment, notes = experiment_from_link(f"{EXAMPLE}&batchSize={said}")
    assert (experiment.training.batch_size, experiment.training.learning_rate, notes) == (size, 0.03, ())


REFUSED = [
    ("#networkShape=4,0", "networkShape"),
    ("#networkShape=4,", "networkShape"),
    ("#networkShape=4,x", "networkShape"),
    ("#networkShape=4,-2", "networkShape"),
    ("#networkShape=2.5", "networkShape"),
    ("#networkShape=1e9", "networkShape"),
    ("#networkShape=4096,4096", "networkShape"),
    ("#networkShape=" + ",".join(["1"] * 101), "networkShape"),
    ("#batchSize=1000001", "batchSize"),
    ("#batchSize=1e400", "batchSize"),
    ("#batchSize=0.1", "batchSize"),
    ("#learningRate=-0.1", "learningRate"),
    ("#learningRate=1e400", "learningRate"),
    ("#noise=much", "noise"),
    ("#learningRate=NaN", "learningRate"),
    ("#learningRate=1_0", "learningRate"),
    ("#batchSize=Infinity", "batchSize"),
    ("#activation=swish", "activation"),
    ("#dataset=moons", "dataset"),
    ("#problem=regression&dataset=moons", "dataset"),
    ("#regularization=l1", "regularization"),
    ("#problem=clustering", "problem"),
    ("#regularizationRate=-1e7", "regularizationRate"),
    ("#regularizationRate=1e99&regularization=L2", "regularizationRate"),
    ("#percTrainData=0", "percTrainData"),
    ("#percTrainData=-5", "percTrainData"),
    ("#percTrainData=0.1", "percTrainData"),
    ("#x=false&y=false", "x, y"),
    ("#seed=" + "1" * 257, "seed"),
    ("#" + "x" * 10_001, "link"),
    ("https://example.com/#seed=1", "link"),
    ("https://playground.tensorflow.org.example.com/#seed=1", "link"),
    ("https://playground.tensorflow.org@example.com/#seed=1", "link"),
    ("https://[/#seed=1", "link"),
]


@pytest.mark.parametrize(("link", "place"), REFUSED, ids=lambda value: value[:40])
def test_what_can_not_be_is_refused_with_its_key(link: str, place: str) -> None:
    with pytest.raises(InputError) as refused:
        experiment_from_link(link)
    assert refused.value.path == place
    assert len(str(refused.value)) < 400


KEYS = ["networkShape", "batchSize", "noise", "learningRate", "percTrainData", "seed", "x", "y", "dataset", "problem"]
values = st.one_of(st.text(max_size=12), st.floats().map(str), st.integers().map(str), st.sampled_from(["4,2", "x"]))


@given(st.lists(st.tuples(st.sampled_from(KEYS), values), max_size=6))
@settings(max_examples=300)
def test_a_strangers_link_opens_or_is_refused(pairs: list[tuple[str, str]]) -> None:
    try:
        experiment, _ = experiment_from_link("#" + "&".join(f"{key}={value}" for key, value in pairs))
    except InputError:
        return
    assert check(experiment) == experiment


@given(st.text(max_size=60))
def test_any_text_behind_the_host_opens_or_is_refused(text: str) -> None:
    try:
        experiment_from_link(f"https://playground.tensorflow.org/{text}")
    except InputError as error:
        assert "\n" not in str(error)


# Back to a link -------------------------------------------------------------------------------------------------


def test_the_example_comes_back_letter_for_letter() -> None:
    assert link_of(experiment_from_link(EXAMPLE).experiment) == EXAMPLE


@pytest.mark.parametrize("link", VARIED)
def test_an_experiment_of_a_link_comes_back_by_its_link(link: str) -> None:
    experiment, _ = experiment_from_link(link)
    again = link_of(experiment)
    assert experiment_from_link(again).experiment == experiment
    assert link_of(experiment_from_link(again).experiment) == again


def every_plain_experiment() -> Iterator[Experiment]:
    """Experiments with each value that a link can express, in many mixtures."""
    plain = experiment_from_link(EXAMPLE).experiment
    datasets = ("circle", "xor", "gauss", "spiral", "reg-plane", "reg-gauss")
    numbers = itertools.cycle([0.1, 1e-7, 3.0, 1 / 3])
    for dataset, penalty, activation in itertools.product(datasets, (NoRegularizer, L1, L2), (Tanh, Relu, Sigmoid)):
        regularizer: Any = penalty() if penalty is NoRegularizer else penalty(next(numbers))
        if isinstance(regularizer, L1):
            regularizer = replace(regularizer, prune=True)
        yield replace(
            plain,
            data=TfPlayground(dataset, next(numbers), 10 + next(numbers), "my~seed"),
            features=("x1", "x2_squared", "x1_x2"),
            layers=(Layer(3, activation()), Layer(1, activation())),
            regularizer=regularizer,
            training=replace(plain.training, learning_rate=next(numbers), batch_size=17),
        )


def test_every_experiment_that_a_link_can_express_comes_back() -> None:
    for experiment in every_plain_experiment():
        assert experiment_from_link(link_of(experiment)) == (experiment, ())


def test_a_batch_of_all_points_becomes_their_number() -> None:
    plain = experiment_from_link(EXAMPLE).experiment
    assert "batchSize=250&" in link_of(replace(plain, training=replace(plain.training, batch_size=0)))


def test_names_are_no_obstacle() -> None:
    plain = experiment_from_link(EXAMPLE).experiment
    layers = tuple(replace(layer, id=name) for layer, name in zip(plain.layers, "AB", strict=True))
    assert link_of(replace(plain, name="mine", layers=layers)) == EXAMPLE


PLAIN = experiment_from_link(EXAMPLE).experiment


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"data": Circle()}, "Circle"),
        ({"data": TfPlayground(seed="a&b")}, "a&b"),
        ({"data": TfPlayground(seed="ä")}, "ä"),
        ({"features": ("x1", "radius")}, "radius"),
        ({"features": ("x2", "x1")}, "order"),
        ({"layers": (Layer(2, Gelu()),)}, "GELU"),
        ({"layers": (Layer(2, Relu()), Layer(2, Tanh()))}, "different activations"),
        ({"layers": (Layer(2, Tanh(), dropout=0.5),)}, "dropout of layer 1"),
        ({"layers": (Layer(2, Tanh(), initializer=Zeros()),)}, "initializer of layer 1"),
        ({"layers": (Layer(2, Tanh(), trainable=False, id="F"),)}, "trainable of layer F"),
        ({"layers": (Layer(400, Tanh()), Layer(400, Tanh()))}, "weights"),
        ({"initializer": Zeros()}, "bias"),
        ({"bias": 0.0}, "bias"),
        ({"seed": 1}, "seed"),
        ({"precision": "float32"}, "float32"),
        ({"loss": None}, "cross-entropy"),
        ({"loss": CrossEntropy()}, "cross-entropy"),
        ({"loss": SquaredError(output="linear")}, "linear"),
        ({"regularizer": L1(0.1)}, "pruning"),
        ({"regularizer": ElasticNet()}, "Elastic net"),
        ({"training": replace(PLAIN.training, optimizer=Adam())}, "Adam"),
        ({"training": replace(PLAIN.training, batching="partial")}, "partial"),
        ({"training": replace(PLAIN.training, shuffle=True)}, "shuffling"),
        ({"training": replace(PLAIN.training, weight_decay=0.1)}, "weight decay"),
        ({"training": replace(PLAIN.training, weight_noise=0.1)}, "weight noise"),
        ({"training": replace(PLAIN.training, clip_norm=0.1)}, "clipping"),
        ({"training": replace(PLAIN.training, epochs=5)}, "epochs"),
    ],
)
def test_what_no_link_can_say_is_named(changed: dict[str, Any], word: str) -> None:
    with pytest.raises(NoLinkError) as refused:
        link_of(replace(PLAIN, **changed))
    (reason,) = refused.value.reasons
    assert word in reason and word in str(refused.value)


def test_all_that_no_link_can_say_is_named_at_once() -> None:
    with pytest.raises(NoLinkError) as refused:
        link_of(Experiment(layers=(Layer(2, Gelu(), dropout=0.1),)))
    assert len(refused.value.reasons) == 10


# In the program -------------------------------------------------------------------------------------------------


def test_a_link_opens_like_a_file() -> None:
    assert open_source(EXAMPLE).experiment == PLAIN
    assert open_source(EXAMPLE[EXAMPLE.index("#") :]).experiment == PLAIN
    assert open_source(f"{EXAMPLE}&name=some.json").experiment == PLAIN
    assert open_source("#seed=s&noise=99").notes
    assert open_source("circle").notes == ()
    assert (
        is_link("#")
        and is_link("#seed=1")
        and is_link(" HTTPS://playground.tensorflow.org/")
        and is_link("playground.tensorflow.org")
    )
    assert not is_link("circle") and not is_link("httpd.json")


def test_an_experiment_of_a_link_is_a_file_like_any_other() -> None:
    for link in VARIED:
        experiment = experiment_from_link(link).experiment
        assert experiment_from_text(experiment_text(experiment)) == experiment


def test_the_task_follows_the_chosen_data_set() -> None:
    assert draw_sample(TfPlayground("reg-gauss")).task == TfPlayground("reg-gauss").task == "regression"
    assert draw_sample(TfPlayground("spiral")).outputs == 1
    assert not TfPlayground(train_percent=100).validates and TfPlayground().validates


@pytest.mark.parametrize(
    ("data", "place"),
    [
        ({"seed": ""}, "data.seed"),
        ({"seed": "x" * 257}, "data.seed"),
        ({"train_percent": 0.1}, "data.train_percent"),
        ({"noise": 81}, "data.noise"),
        ({"dataset": "moons"}, "data.dataset"),
        ({"points": 100}, "data.points"),
    ],
)
def test_a_file_with_impossible_data_is_refused(data: dict[str, Any], place: str) -> None:
    import json

    with pytest.raises(InputError) as refused:
        experiment_from_text(json.dumps({"version": 1, "data": {"kind": "tfplayground", **data}}))
    assert refused.value.path == place


# Live changes ---------------------------------------------------------------------------------------------------


def test_reset_returns_to_the_very_same_weights() -> None:
    trainer = Trainer(PLAIN, engine="reference")
    first = trainer.state.parameters.copy()
    trainer.advance(epochs=3)
    trainer.reset()
    np.testing.assert_array_equal(trainer.state.parameters, first)


def test_another_data_seed_acts_on_the_weights_at_the_next_reset() -> None:
    other = replace(PLAIN, data=replace(PLAIN.data, seed="0.1"))
    trainer = Trainer(PLAIN, engine="reference")
    before = trainer.state.parameters.copy()
    trainer.configure(other)
    np.testing.assert_array_equal(trainer.state.parameters, before)
    np.testing.assert_array_equal(trainer.sample.x, Trainer(other, engine="reference").sample.x)
    trainer.reset()
    np.testing.assert_array_equal(trainer.state.parameters, Trainer(other, engine="reference").state.parameters)


def test_another_seed_of_the_experiment_draws_other_weights_and_the_same_points() -> None:
    trainer, reseeded = Trainer(PLAIN, engine="reference"), Trainer(replace(PLAIN, seed=1), engine="reference")
    assert np.abs(reseeded.parameters()["W0"] - trainer.parameters()["W0"]).max() > 0.01
    assert np.abs(reseeded.parameters()["W0"]).max() <= 0.5
    np.testing.assert_array_equal(reseeded.sample.x, trainer.sample.x)


def test_the_initializer_works_with_any_data() -> None:
    trainer = Trainer(replace(PLAIN, data=Circle(), layers=(Layer(50, Tanh()),)), engine="reference")
    weights = trainer.parameters()["W0"]
    assert 0.4 < np.abs(weights).max() <= 0.5
    np.testing.assert_array_equal(Trainer(trainer.experiment, engine="reference").parameters()["W0"], weights)


def test_layers_come_and_go_while_it_trains() -> None:
    trainer = Trainer(replace(PLAIN, layers=(Layer(4, Tanh(), id="A"), Layer(2, Tanh(), id="B"))), engine="reference")
    trainer.advance(epochs=20)
    before, outputs = trainer.checkpoint(), trainer.predict(trainer.sample.x)
    grown = replace(PLAIN, layers=(*trainer.experiment.layers, Layer(2, Tanh(), id="C")))
    trainer.configure(grown)
    assert np.abs(trainer.predict(trainer.sample.x) - outputs).max() < 0.05
    trainer.configure(before.experiment, memory=before)
    assert np.abs(trainer.predict(trainer.sample.x) - outputs).max() < 0.05
    assert trainer.advance(epochs=5) == "ready"
    trainer.configure(replace(trainer.experiment, data=Circle()))
    assert trainer.advance(epochs=5) == "ready"
