"""What undo and redo say about the weights is what happened to them, for every kind of edit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from playground import Experiment, Trainer
from playground.catalog.choice import Array
from tests.combinations import combinations
from tests.ui import hands
from ui.session.commands import Undone
from ui.session.session import Session

BASE = Experiment().with_({"data": "circle", "data.points": 120, "layers": "6-6", "training.learning_rate": 0.03})
Named = dict[str, dict[str, Array]]


@pytest.fixture
def experiment() -> Experiment:
    return BASE


def by_layer(trainer: Trainer) -> Named:
    flat = trainer.state.parameters.copy()
    return {layer.name: layer.named(flat) for layer in trainer.network.layers}


class Person:
    """Edits a session and waits for what comes of it."""

    def __init__(self, qtbot, session: Session) -> None:
        self.qtbot, self.session = qtbot, session
        self.said: list[Undone] = []
        session.undone_or_redone.connect(self.said.append)

    def weights(self) -> Named:
        found: list[Named] = []
        self.session.ask(by_layer, found.append)
        self.qtbot.waitUntil(lambda: bool(found))
        return found[0]

    def train(self, epochs: int) -> None:
        done: list[object] = []
        self.session.ask(lambda trainer: trainer.advance(epochs=epochs), done.append)
        self.qtbot.waitUntil(lambda: bool(done), timeout=60_000)

    def go(self, act: Callable[[], None]) -> Undone:
        count = len(self.said)
        act()
        self.qtbot.waitUntil(lambda: len(self.said) > count)
        return self.said[-1]


@pytest.fixture(params=["reference", "compiled"])
def person(request, qtbot, session: Session) -> Person:
    session.use_engine(request.param)
    return Person(qtbot, session)


def same(one: dict[str, Array], other: dict[str, Array] | None) -> bool:
    return other is not None and all(name in other and np.array_equal(one[name], other[name]) for name in one)


def check_words(text: str, now: Named, just_before: Named, then: Named) -> None:
    """`text` says what became of the weights."""
    weights = text.split("; ")[-1].removesuffix(".")
    if weights == "the weights stay as they are":
        for name, arrays in now.items():
            for key, array in arrays.items():
                kept = just_before[name][key][tuple(slice(0, size) for size in array.shape)]
                assert np.array_equal(array, kept), (text, name, key)
    elif weights.startswith("the ") and weights.endswith(" are back"):
        assert all(same(now[name], then.get(name)) for name in now), text
    else:
        assert weights.endswith("the others stay as they are"), text
        for name, arrays in now.items():
            named = "the output layer" if name == "output" else f"layer {name}"
            mentioned = named in weights or ("layers" in weights and f" {name}" in weights.split(" the weights")[0])
            assert mentioned != same(arrays, just_before.get(name)), (text, name)


EDITS = {
    "learning rate": {"training.learning_rate": 0.01},
    "optimizer": {"training.optimizer": "sgd"},
    "batch size": {"training.batch_size": 10},
    "regularizer": {"regularizer": "l2"},
    "dropout": {"layers.0.dropout": 0.1},
    "activation": {"layers.0.activation": "relu"},
    "frozen": {"layers.0.trainable": False},
    "noise": {"data.noise": 0.2},
    "other data": {"data": "xor"},
    "more classes": {"data": "rings", "data.classes": 3},
    "loss": {"loss": "squared_error"},
    "wider": {"layers.0.units": 9},
    "narrower": {"layers.1.units": 3},
    "layer removed": {"layers": "6"},
    "layer added": {"layers": "6-6-6"},
    "features": {"features": ["x1", "x2", "radius"]},
    "feature gone": {"features": ["x1"]},
    "seed": {"seed": 5},
    "name": {"name": "Mine"},
}


@pytest.mark.parametrize(
    ("person", "edit", "between"), combinations(["reference", "compiled"], [*EDITS], [0, 1]), indirect=["person"]
)
def test_what_is_said_of_weights_is_what_happened(person: Person, edit: str, between: int) -> None:
    session = person.session
    person.train(3)
    then = person.weights()
    assert session.edit(session.experiment.with_(EDITS[edit]))
    person.train(between)
    for act in (session.undo, session.redo, session.undo):
        before = person.weights()
        said = person.go(act)
        check_words(said.text, person.weights(), before, then)
        then = before
        person.train(between)


def test_a_weight_and_a_fresh_start_say_so_too(person: Person) -> None:
    session = person.session
    person.train(3)
    before = person.weights()
    name = next(iter(before))
    value = float(before[name]["W"][0, 0])
    session.set_weight("W0", (0, 0), 2.5, "weight W0[0, 0]")
    said = person.go(session.undo)
    assert said.text.startswith("Undone: weight W0[0, 0]; it is ")
    assert person.weights()[name]["W"][0, 0] == pytest.approx(value)
    assert "2.5" in person.go(session.redo).text
    now = person.weights()
    session.reseed()
    person.train(1)
    assert person.go(session.undo).text == "Undone: new initial weights; the weights of epoch 3 are back."
    assert all(same(now[name], person.weights()[name]) for name in now)
    assert person.go(session.redo).text == "Redone: new initial weights; the weights of epoch 1 are back."


def test_a_setting_says_its_value(person: Person) -> None:
    session = person.session
    person.train(2)
    session.edit(session.experiment.with_({"training.learning_rate": 0.01}))
    assert person.go(session.undo).text == "Learning rate back to 0.03; the weights stay as they are."
    assert person.go(session.redo).text == "Redone: learning rate 0.01; the weights stay as they are."
    session.edit(session.experiment.with_({"layers.0.activation": "relu"}))
    assert person.go(session.undo).text == "Layer A activation back to Tanh; the weights stay as they are."


def test_ruin_is_taken_back_with_its_weights_and_redone_with_its_own(person: Person) -> None:
    session = person.session
    person.train(40)
    healthy = person.weights()
    session.edit(session.experiment.with_({"training.learning_rate": 5}))
    person.train(5)
    ruined = person.weights()
    said = person.go(session.undo)
    words = "Learning rate back to 0.03; the weights of epoch 40 are back. "
    assert said.text == f"{words}Epochs count on from 45."
    assert session.report.snapshot.epoch == 45
    assert said.brought_weights
    assert all(same(healthy[name], person.weights()[name]) for name in healthy)
    said = person.go(session.redo)
    assert said.text == "Redone: learning rate 5; the weights of epoch 45 are back."
    assert all(same(ruined[name], person.weights()[name]) for name in ruined)
    person.go(session.undo)
    assert all(same(healthy[name], person.weights()[name]) for name in healthy)
    session.keep_weights(session.history.undone[-1].number)
    assert all(same(ruined[name], person.weights()[name]) for name in ruined)
    assert session.experiment.training.learning_rate == 0.03


def test_of_a_drag_the_press_counts(person: Person) -> None:
    session = person.session
    person.train(40)
    healthy = person.weights()
    for rate in (0.1, 2.0):
        session.edit(session.experiment.with_({"training.learning_rate": rate}), changing=True)
        person.train(3)
    session.edit(session.experiment.with_({"training.learning_rate": 5}))
    person.train(4)
    assert person.go(session.undo).text.startswith("Learning rate back to 0.03; the weights of epoch 40 are back. ")
    assert all(same(healthy[name], person.weights()[name]) for name in healthy)


def test_after_a_reset_a_change_from_before_is_not_to_blame(person: Person) -> None:
    session = person.session
    person.train(40)
    session.edit(session.experiment.with_({"training.learning_rate": 5}))
    hands.until(lambda: session.is_up_to_date, "the training is not reported")
    session.reset()
    person.train(50)
    assert person.go(session.undo).text == "Undone: reset; the weights of epoch 40 are back."
    assert person.go(session.undo).text == "Learning rate back to 0.03; the weights stay as they are."


def test_moments_for_undo_take_a_bounded_part_of_memory(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.session.kept_moments._MOST_BYTES", 40_000)
    session = person.session
    for batch in range(1, 60):
        session.edit(session.experiment.with_({"training.batch_size": batch}))
    person.train(1)
    kept = session.worker.moments
    assert 1 < len(kept) < 50
