"""Numbers too small to be normal: kernels compute with 0 instead, and leave the thread as they found it."""

from __future__ import annotations

import platform

import numpy as np
import pytest

from playground import Experiment, Trainer
from playground.catalog.choice import Array

pytestmark = pytest.mark.skipif(
    platform.machine().lower() not in ("x86_64", "amd64"), reason="only x86 is slow with them, and told to do without"
)


def are_tiny(values: Array) -> Array:
    return (values != 0) & (np.abs(values) < np.finfo(values.dtype).tiny)


@pytest.fixture
def saturated(experiment: Experiment) -> Experiment:
    """A network that soon has no gradient left, so that Adam's memory of it dies away."""
    return experiment.with_(precision="float32").with_({"training.learning_rate": 10, "training.optimizer": "adam"})


@pytest.mark.parametrize("engine", ["compiled", "lanes"])
def test_an_optimizers_memory_ends_at_zero(engine, saturated: Experiment) -> None:
    reference = Trainer(saturated, engine="reference")
    trainer = Trainer(saturated, engine=engine)
    assert trainer.engine == engine
    for one in (reference, trainer):
        one.advance(epochs=250)

    slots = np.concatenate([np.ravel(slot) for slot in trainer.state.slots])
    assert are_tiny(np.concatenate([np.ravel(slot) for slot in reference.state.slots])).any()
    assert not are_tiny(slots).any() and (slots == 0).any()


@pytest.mark.parametrize("engine", ["compiled", "lanes"])
def test_other_code_of_the_thread_computes_as_before(engine, saturated: Experiment) -> None:
    trainer = Trainer(saturated, engine=engine)
    trainer.advance(epochs=2)
    trainer.evaluate()
    trainer.predict(np.zeros((3, 2)))

    tiny = np.full(4, 1e-40, np.float32)
    assert ((tiny * np.float32(0.5)) != 0).all()
