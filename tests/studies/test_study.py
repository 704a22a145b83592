"""The plan: which trainings a study has, in which order, and what is refused."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground import Experiment, InputError, Study
from playground.catalog.optimizers import Adam, Sgd

VARY = {"training.learning_rate": (0.01, 0.1), "training.optimizer": ("sgd", "adam"), "layers": ("4", "8-8")}


def test_the_grid_is_all_combinations_the_last_path_fastest_then_the_seeds(experiment: Experiment) -> None:
    study = Study(experiment.with_(seed=7), VARY, seeds=3, epochs=5)

    found = [study.member(number) for number in range(len(study))]

    assert len(study) == 2 * 2 * 2 * 3
    combinations = [dict(zip(VARY, values, strict=True)) for values in product(*VARY.values())]
    assert [(one.values, one.seed) for one in found] == [(values, 7 + k) for values in combinations for k in range(3)]
    last = found[-1].experiment
    assert last.training.learning_rate == 0.1 and isinstance(last.training.optimizer, Adam)
    assert [layer.units for layer in last.layers] == [8, 8] and last.seed == 9 and last.training.epochs == 5


def test_a_kind_that_is_there_already_keeps_its_settings(experiment: Experiment) -> None:
    study = Study(experiment.with_({"training.optimizer.beta1": 0.5}), {"training.optimizer": ["adam", "nadam"]})

    assert study.member(0).experiment.training.optimizer == Adam(beta1=0.5)


def test_values_may_be_written_as_comes_naturally(experiment: Experiment) -> None:
    vary = {
        "training.learning_rate": np.geomspace(0.01, 1, 3),
        "layers": [[8, 8], "4"],
        "training.optimizer": [Sgd, Adam(beta1=0.5)],
        "training.early_stopping.patience": range(5, 7),
        "features": [("x1", "x2"), ["x1", "x2", "x1_x2"]],
    }
    study = Study(experiment, vary)  # type: ignore[arg-type]

    last = study.member(len(study) - 1).experiment

    assert last.training.optimizer == Adam(beta1=0.5) and last.features == ("x1", "x2", "x1_x2")
    assert last.training.early_stopping is not None and last.training.early_stopping.patience == 6


@given(seed=st.integers(0, 1000), number=st.integers(1, 24))
@settings(max_examples=30)
def test_random_combinations_are_some_of_the_grid_in_its_order(seed: int, number: int) -> None:
    vary = {"training.learning_rate": range(1, 7), "training.batch_size": range(1, 5)}
    grid = Study(Experiment(seed=seed), vary)  # type: ignore[arg-type]
    drawn = Study(Experiment(seed=seed), vary, random=number)  # type: ignore[arg-type]

    every = [tuple(grid.values_of(k).values()) for k in range(grid.combinations)]
    some = [tuple(drawn.values_of(k).values()) for k in range(number)]

    assert some == [values for values in every if values in some] and len(set(some)) == number


def test_other_seeds_draw_other_combinations() -> None:
    vary = {"training.learning_rate": tuple(range(1, 1000))}
    first, second = (Study(Experiment(seed=seed), vary, random=5) for seed in (0, 1))
    assert [first.values_of(k) for k in range(5)] != [second.values_of(k) for k in range(5)]


def test_a_grid_of_millions_takes_no_time_and_no_memory() -> None:
    vary = {f"layers.{k}.units": tuple(range(1, 101)) for k in range(4)}
    study = Study(Experiment().with_(layers="1-1-1-1"), vary, seeds=10, random=3)
    assert study.grid == 10**8 and len(study) == 30
    assert study.member(29).experiment.layers[0].units >= 1


def test_a_refused_combination_says_why(experiment: Experiment) -> None:
    study = Study(experiment, {"data.validation_fraction": (0, 0.5), "training.early_stopping.patience": (5,)})

    with pytest.raises(InputError, match="validation"):
        study.member(0)
    assert study.member(1).experiment.training.early_stopping is not None


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"vary": {"training.learning_rate": ()}}, "vary.training.learning_rate"),
        ({"vary": {"training.learning_rate": 0.1}}, "vary.training.learning_rate"),
        ({"vary": {"training.optimizer": "sgd"}}, "vary.training.optimizer"),
        ({"vary": {"training.optimizer": [object()]}}, "vary.training.optimizer"),
        ({"vary": {"training.epochs": (3, None)}}, "vary.training.epochs"),
        ({"seeds": 0}, "seeds"),
        ({"seeds": 2.5}, "seeds"),
        ({"epochs": -1}, "epochs"),
        ({"random": 9}, "random"),
    ],
)
def test_bad_plans_are_refused_by_name(changes: dict[str, object], path: str) -> None:
    with pytest.raises(InputError) as caught:
        Study(**{"experiment": Experiment(), "vary": VARY, **changes})  # type: ignore[arg-type]
    assert caught.value.path == path


def test_a_study_survives_a_file(tmp_path: Path, experiment: Experiment) -> None:
    study = Study(experiment, {**VARY, "features": (["x1"], ["x1", "x2"])}, seeds=2, epochs=7, random=3, goal=0.9)
    study.save(tmp_path / "study.json")
    assert Study.load(tmp_path / "study.json") == study


@pytest.mark.parametrize("text", ["", "[]", '{"seed": 1}', '{"experiment": {"version": 3}}', '{"vary": {"a": 1}}'])
def test_what_is_no_study_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "study.json").write_text(text)
    with pytest.raises(InputError):
        Study.load(tmp_path / "study.json")
