"""What a notebook asks a training: arrays in, classes, probabilities and values out, in the data's words and units."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import playground
from playground import Experiment, InputError, Trainer, UserPoints, load, save
from playground.catalog.losses import CrossEntropy, SquaredError
from playground.engine import engines
from playground.engine.compiled import cache
from playground.experiment.rules import convert

X = np.random.default_rng(0).uniform(-5, 5, (200, 2))
SIDES = np.where(X[:, 0] > 0, "right", "left")
SIDES[X[:, 1] > 3] = "top"


def trained(data: UserPoints, **changed: Any) -> Trainer:
    trainer = Trainer(Experiment().with_(data=data, layers="8", **changed), engine="reference")
    trainer.advance(epochs=150)
    return trainer


def test_arrays_become_points_with_the_names_of_their_classes() -> None:
    points = UserPoints.of(X, SIDES)
    assert (points.x1, points.x2) == tuple(tuple(column) for column in X.T.tolist())
    assert points.class_names == ("left", "right", "top")
    assert [points.class_names[int(label)] for label in points.target] == SIDES.tolist()
    assert UserPoints.of(X[:4], [-1, 1, -1, 7]).class_names == ("-1", "1", "7")
    assert UserPoints.of(X[:2], [True, False]).class_names == ("False", "True")
    values = UserPoints.of(X.astype(np.float32), X[:, 0])
    assert (values.task, values.target) == ("regression", tuple(X[:, 0].tolist()))
    assert UserPoints.of(X[:2], [1, 2], task="regression").target == (1.0, 2.0)
    marked = UserPoints.of(X[:3], [0, 1, 1], train=np.array([True, True, False]), noise=0.1)
    assert (marked.train, marked.noise) == ((True, True, False), 0.1)


@pytest.mark.parametrize(
    ("x", "y", "path"),
    [
        (X.T, SIDES, "x"),
        (X.tolist()[0], [1], "x"),
        (X[:3], [0, 1], "y"),
        (X[:3], [[0], [1], [2]], "y"),
        (X[:3], [None, 1, 2], "y"),
        ([["a", "b"]], [1], "x"),
        (X[:50], np.arange(50), "y"),
        (X[:2] * np.nan, [0, 1], "data.x1[0]"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(x: Any, y: Any, path: str) -> None:
    with pytest.raises(InputError) as error:
        UserPoints.of(x, y)
    assert error.value.path == path


@pytest.mark.parametrize("loss", [CrossEntropy(), *(SquaredError(output=one) for one in ("tanh", "sigmoid", "linear"))])
@pytest.mark.parametrize("labels", [SIDES, np.where(X[:, 0] > 0, "right", "left")])
def test_the_most_probable_class_is_the_label(loss: Any, labels: Any) -> None:
    trainer = trained(UserPoints.of(X, labels), loss=loss)
    shares, said = trainer.probabilities(X), trainer.labels(X)
    assert shares.shape == (len(X), len(np.unique(labels)))
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-12)
    assert (shares >= 0).all()
    assert np.mean(said == labels) > 0.9
    names = np.array(trainer.sample.class_names)
    sure = np.sort(shares, axis=1)[:, -1] > np.sort(shares, axis=1)[:, -2] + 1e-6
    assert (names[shares.argmax(axis=1)] == said)[sure].all()


def test_probabilities_are_the_softmax_and_the_sigmoid_of_cross_entropy() -> None:
    three = trained(UserPoints.of(X, SIDES))
    powers = np.exp(three.predict(X).astype(float))
    np.testing.assert_allclose(three.probabilities(X), (powers / powers.sum(axis=0)).T, rtol=1e-5)
    two = trained(UserPoints.of(X, X[:, 0] > 0))
    np.testing.assert_allclose(
        two.probabilities(X)[:, 1], 1 / (1 + np.exp(-two.predict(X)[0].astype(float))), atol=1e-6
    )


def test_values_are_in_the_data_s_own_unit() -> None:
    trainer = trained(UserPoints.of(X, 1000 + 50 * X[:, 0]))
    assert np.abs(trainer.labels(X) - (1000 + 50 * X[:, 0])).mean() < 20
    with pytest.raises(InputError, match="regression"):
        trainer.probabilities(X)


def test_points_of_a_table_are_asked_for_as_they_stand_in_it(tmp_path: Path) -> None:
    weights, lengths = 3000 + 200 * X[:, 0], 0.01 * X[:, 1]
    rows = "\n".join(f"{w},{length},{side}" for w, length, side in zip(weights, lengths, SIDES, strict=True))
    (tmp_path / "t.csv").write_text("weight,length,side\n" + rows)
    data = {"kind": "table", "path": str(tmp_path / "t.csv"), "x1": "weight", "x2": "length", "target": "side"}
    trainer = Trainer(
        convert({"version": 2, "data": data, "layers": [{"units": 8, "activation": "tanh"}]}), engine="reference"
    )
    trainer.advance(epochs=150)
    assert np.mean(trainer.labels(np.stack([weights, lengths], axis=1)) == SIDES) > 0.9


def test_points_of_another_shape_are_refused() -> None:
    trainer = Trainer(engine="reference")
    for ask in (trainer.predict, trainer.labels, trainer.probabilities):
        with pytest.raises(InputError, match="shape"):
            ask(X.T)


def test_a_training_and_an_experiment_are_saved_and_loaded(tmp_path: Path) -> None:
    trainer = trained(UserPoints.of(X, SIDES))
    save(trainer, tmp_path / "t.playground")
    save(trainer.experiment, tmp_path / "e.json")
    assert load(tmp_path / "e.json") == trainer.experiment
    other = load(tmp_path / "t.playground")
    assert isinstance(other, Trainer)
    assert other.engine == "reference"
    for one in (trainer, other):
        one.advance(epochs=3)
    np.testing.assert_array_equal(trainer.state.parameters, other.state.parameters)
    for what, name in ((trainer, "x.json"), (trainer.experiment, "x.playground")):
        with pytest.raises(InputError, match="path"):
            save(what, tmp_path / name)


def test_a_training_and_its_moments_say_in_a_line_how_they_stand() -> None:
    trainer = Trainer(Experiment(), engine="reference")
    trainer.advance(epochs=2)
    words = f"epoch 2, step 16, ready, reference: train_loss {trainer.evaluation.train_loss:.4g}, "
    assert repr(trainer).startswith(f"<Trainer {words}")
    assert repr(trainer.snapshot()).startswith(f"<Snapshot {words}")
    assert (
        repr(trainer.sample)
        == "<Sample of 500 points (250 to train on, 250 to validate with, 0 for the test): A 250, B 250>"
    )
    assert max(len(repr(one)) for one in (trainer, trainer.snapshot(), trainer.sample)) < 250


def test_the_fast_engine_trains_by_default() -> None:
    assert Trainer().engine == "compiled"


def test_without_the_fast_engine_the_reference_trains_and_that_is_said_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(precision: str) -> None:
        raise cache.UnavailableError("no compiler")

    monkeypatch.setattr(cache, "load_kernels", refuse)
    engines._say_once.cache_clear()
    assert Trainer().engine == Trainer().engine == "reference"
    assert capsys.readouterr().err.count("no compiler") == 1
    with pytest.raises(cache.UnavailableError):
        Trainer(engine="compiled")


def test_an_engine_or_a_budget_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match=r"engine must be one of auto, reference, compiled.* \(got 'refrence'\)"):
        Trainer(engine="refrence")  # type: ignore[arg-type]
    trainer = Trainer(engine="reference")
    with pytest.raises(InputError, match="engine"):
        trainer.use_engine("fast")  # type: ignore[arg-type]
    for budget in ({"steps": -1}, {"epochs": -3}, {"seconds": -0.5}, {"seconds": float("nan")}):
        with pytest.raises(InputError, match=next(iter(budget))):
            trainer.advance(**budget)
    assert (trainer.state.step, trainer.engine) == (0, "reference")


def test_the_package_says_that_it_has_types() -> None:
    assert (Path(playground.__file__).parent / "py.typed").exists()
