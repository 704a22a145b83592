"""The line that trains a response or a map again."""

from __future__ import annotations

import shlex

import pytest

from playground import Experiment, InputError
from playground.catalog.datasets.own_points import UserPoints
from playground.cli.commands import main
from playground.engine.lanes import cache
from playground.interop.sweep_line import sweep_line
from playground.studies.knobs import knob_at
from playground.studies.response import Response

needs_lanes = pytest.mark.skipif(not cache.are_ready("float32"), reason="the kernels of lanes are not compiled")


@needs_lanes
@pytest.mark.parametrize("path", ["training.learning_rate", "training.optimizer", "layers", "features", "loss"])
def test_the_line_gives_the_same_numbers_bit_for_bit(experiment: Experiment, path: str, tmp_path, capsys) -> None:
    experiment = experiment.with_(precision="float32", name="It's ours, 100 %")
    knob = knob_at(experiment, path)
    response = Response(experiment, knob, epochs=1, starts=2)
    assert list(response.train())
    response = response.finer() or response
    list(response.train())
    ours, theirs = tmp_path / "ours.csv", tmp_path / "theirs.csv"
    response.results.to_csv(ours)
    words = shlex.split(sweep_line(response.study))
    assert words[:3] == ["python", "main.py", "sweep"]
    assert main([*words[2:], "--out", str(theirs)]) == 0
    assert theirs.read_text() == ours.read_text()


def test_points_of_ones_own_do_not_fit_on_a_line(experiment: Experiment) -> None:
    many = tuple(k / 1000 for k in range(2000))
    drawn = experiment.with_(data=UserPoints(x1=many, x2=many, target=(0.0, 1.0) * 1000))
    knob = knob_at(drawn, "training.learning_rate")
    with pytest.raises(InputError, match="at most 8,000 characters"):
        sweep_line(Response(drawn, knob, epochs=1).study)
