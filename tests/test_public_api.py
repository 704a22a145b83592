"""What a notebook needs is in `playground` itself."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import playground
from playground import Experiment, Layer, Trainer, Training
from playground.measure.requests import BoundaryRequest


def test_a_notebook_trains_a_network_and_asks_it() -> None:
    experiment = Experiment(
        layers=(Layer(units=8, activation=playground.catalog.activations.Tanh()),),
        training=Training(learning_rate=0.03),
    )
    trainer = Trainer(experiment, engine="reference")
    assert trainer.advance(epochs=40) == "ready"

    snapshot = trainer.snapshot([BoundaryRequest(20)])
    assert snapshot.epoch == 40
    assert snapshot.evaluation.validation_accuracy is not None
    assert snapshot.evaluation.validation_accuracy > 0.95
    assert len(snapshot.history.train_loss) == 41
    boundary = snapshot.answer(BoundaryRequest)
    assert boundary is not None and boundary.shape == (1, 20, 20)

    inside, outside = trainer.predict(np.array([[0.0, 0.0], [4.5, 0.0]]))[0]
    assert inside > 0 > outside


def words_of(text: str) -> list[object]:
    """The words of a text, numbers with a fraction as such; on another processor they may differ a little."""
    words = re.findall(r"\S+", text)
    return [pytest.approx(float(word), rel=0.05) if re.fullmatch(r"0\.\d{3,}", word) else word for word in words]


def test_the_examples_in_the_readme_run_and_learn(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text()
    examples = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    assert len(examples) == 3
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for example in examples:
        exec(example, names)
    out = capsys.readouterr().out
    (shown,) = re.findall(r"```\n(training\.learning_rate .*?)```", readme, re.DOTALL)
    assert words_of(out[-len(shown) :]) == words_of(shown)
    assert "train_loss" in out and "['inside' 'outside']" in out
    for name in ("trainer", "mine"):
        trainer = names[name]
        assert isinstance(trainer, Trainer)
        assert trainer.evaluation.train_accuracy is not None and trainer.evaluation.train_accuracy > 0.9
    assert (tmp_path / "mine.playground").exists()


def test_everything_that_is_promised_is_there() -> None:
    for name in playground.__all__:
        assert getattr(playground, name).__doc__
