"""The compiled engine equals the reference engine: on random experiments, and in everything a person does meanwhile."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from numba import njit

from playground import Experiment, Layer, Trainer
from playground.catalog.activations import Relu, Tanh
from playground.catalog.choice import Array
from playground.catalog.optimizers import Adam
from playground.engine import randomness
from playground.engine.compiled import cache as kernel_cache
from playground.measure.snapshot import LayerStatistics
from tests.combinations import LONG
from tests.engine.random_experiments import random_experiment

ROOT = Path(__file__).parents[2]
EXPERIMENTS = 200 if LONG else 60


def pair(experiment: Experiment) -> tuple[Trainer, Trainer]:
    """The same training on both engines."""
    return Trainer(experiment, engine="reference"), Trainer(experiment, engine="compiled")


def close(found: Array, expected: Array, tolerance: float) -> None:
    """Equal within a share of the largest number there is."""
    largest = float(np.abs(expected).max()) if expected.size else 0.0
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance * max(largest, 1e-300), equal_nan=True)


def same_place(trainer: Trainer) -> tuple[Any, ...]:
    """Everything countable that training has come to."""
    state = trainer.state
    counts = (state.step, state.epoch, state.position, state.carried_points, state.optimizer_steps)
    return (*counts, trainer.status, state.pruned.tolist(), state.plateau.reductions, state.stopping.bad_epochs)


def choices_in(value: Any, name: str = "") -> set[tuple[str, Any]]:
    """Every choice in a tree with its place; of a number only whether it is above 0."""
    if isinstance(value, dict):
        return {choice for key, part in value.items() for choice in choices_in(part, f"{name}.{key}")}
    if isinstance(value, tuple | list):
        return {choice for part in value for choice in choices_in(part, name)}
    return {(name, value if value is None or isinstance(value, str | bool) else value > 0)}


def test_few_random_experiments_have_all_that_many_have() -> None:
    few, many = (
        set().union(*(choices_in(msgspec.to_builtins(random_experiment(number, "float64"))) for number in range(count)))
        for count in (60, 200)
    )
    assert many - few <= {(".seed", False)} and len(many) > 120


@pytest.mark.parametrize("number", range(EXPERIMENTS))
def test_fifty_steps_in_float64_agree_to_ten_digits(number: int) -> None:
    reference, fast = pair(random_experiment(number, "float64"))
    assert fast.fallbacks == ()
    reference.advance(steps=50)
    fast.advance(steps=50)
    assert same_place(fast) == same_place(reference)
    close(fast.state.parameters, reference.state.parameters, 1e-10)
    close(fast.state.carried, reference.state.carried, 1e-8)
    for found, expected in zip(fast.state.slots, reference.state.slots, strict=True):
        close(found, expected, 1e-8)
    np.testing.assert_allclose(fast.history.view()[:, :7], reference.history.view()[:, :7], rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(
        fast.run.record.gradients.view(), reference.run.record.gradients.view(), rtol=1e-6, atol=1e-9
    )
    for found_layer, layer in zip(fast.snapshot().layers, reference.snapshot().layers, strict=True):
        assert same_statistics(found_layer, layer)


def same_statistics(a: LayerStatistics, b: LayerStatistics) -> bool:
    """Whether two layers were measured the same."""
    numbers = [[x for x in layer if isinstance(x, float)] for layer in (a, b)]
    return a.name == b.name and np.allclose(*numbers, rtol=1e-6, atol=1e-9, equal_nan=True)


@pytest.mark.parametrize("number", range(EXPERIMENTS))
def test_float32_agrees_within_its_precision(number: int) -> None:
    experiment = random_experiment(number, "float32")
    reference, fast = pair(experiment)
    reference.advance(steps=1)
    fast.advance(steps=1)
    assert same_place(fast) == same_place(reference)
    close(fast.state.parameters, reference.state.parameters, 1e-5)


@pytest.mark.parametrize("number", range(0, EXPERIMENTS, 4))
def test_in_float32_the_loss_after_fifty_steps_is_the_same_within_a_hundredth(number: int) -> None:
    reference, fast = pair(random_experiment(number, "float32"))
    reference.advance(steps=50)
    fast.advance(steps=50)
    found, expected = fast.evaluate().train_loss, reference.evaluate().train_loss
    assert found is not None and expected is not None
    assert found == pytest.approx(expected, rel=0.01, abs=1e-4)


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_the_same_experiment_gives_the_same_numbers_however_it_is_cut(precision: str) -> None:
    experiment = random_experiment(10, precision)
    whole, parts = Trainer(experiment, engine="compiled"), Trainer(experiment, engine="compiled")
    whole.advance(steps=60)
    for steps in (1, 7, 22, 30):
        parts.advance(steps=steps)
    np.testing.assert_array_equal(whole.state.parameters, parts.state.parameters)
    np.testing.assert_array_equal(whole.history.view()[:, :7], parts.history.view()[:, :7])


def test_going_on_from_a_checkpoint_equals_never_having_stopped() -> None:
    experiment = random_experiment(12, "float32")
    trainer, other = Trainer(experiment, engine="compiled"), Trainer(experiment, engine="compiled")
    trainer.advance(steps=23)
    kept = trainer.checkpoint()
    trainer.advance(steps=40)
    other.restore(kept)
    other.advance(steps=40)
    np.testing.assert_array_equal(trainer.state.parameters, other.state.parameters)
    assert kept.state.step == 23


def test_the_engine_changes_between_two_steps_and_it_is_on_record(experiment: Experiment) -> None:
    reference, mixed = Trainer(experiment, engine="reference"), Trainer(experiment, engine="reference")
    reference.advance(steps=30)
    mixed.advance(steps=7)
    mixed.use_engine("compiled")
    mixed.advance(steps=13)
    mixed.use_engine("reference")
    mixed.advance(steps=10)
    assert mixed.run.record.engine_changes == (
        (0, "reference"),
        (7, "compiled"),
        (20, "reference"),
    )
    close(mixed.state.parameters, reference.state.parameters, 1e-10)
    mixed.reset()
    assert mixed.run.record.engine_changes == ((0, "reference"),)


def test_what_is_changed_meanwhile_is_changed_on_the_compiled_engine(experiment: Experiment) -> None:
    reference, fast = pair(experiment)
    edits = [
        {"layers": (Layer(units=9, activation=Relu(), id="A"), Layer(units=6, activation=Tanh(), dropout=0.3, id="B"))},
        {"features": ("x1", "x2", "radius")},
        {"training": msgspec.structs.replace(experiment.training, batch_size=7, learning_rate=0.02)},
        {"data": msgspec.structs.replace(experiment.data, points=90)},
    ]
    for change in edits:
        experiment = msgspec.structs.replace(experiment, **change)
        for trainer in (reference, fast):
            trainer.configure(experiment)
            trainer.advance(steps=20)
        assert fast.engine == "compiled" and fast.fallbacks == ()
        close(fast.state.parameters, reference.state.parameters, 1e-9)


@pytest.mark.parametrize("rate", [30, 1e4, 1e9])
@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("loss", ["squared_error", "cross_entropy"])
@pytest.mark.parametrize("activation", ["relu", "leaky_relu"])
def test_divergence_stops_at_the_same_step_with_the_same_words(
    activation: str, rate: float, precision: str, loss: str
) -> None:
    written: dict[str, Any] = {"precision": precision, "loss": {"kind": loss}, "training": {"learning_rate": rate}}
    written["layers"] = [{"units": 5, "activation": {"kind": activation}}] * 3
    written["training"]["optimizer"] = {"kind": "sgd"}
    if loss == "squared_error":
        written["loss"]["output"] = "linear"
    reference, fast = pair(msgspec.convert(written, Experiment))
    for trainer in (reference, fast):
        with np.errstate(all="ignore"):
            trainer.advance(steps=300)
    # Units of ReLU may all die instead, after which nothing moves.
    assert fast.status == "diverged" or (activation == "relu" and loss == "cross_entropy")
    assert fast.run.record.problem == reference.run.record.problem
    assert (fast.status, fast.state.step) == (reference.status, reference.state.step)
    assert np.isfinite(fast.state.parameters).all()
    fast.snapshot()


def test_early_stopping_restores_the_best_weights_on_both() -> None:
    written = {
        "precision": "float64", "data": {"kind": "moons", "points": 60, "noise": 0.3},
        "layers": [{"units": 20, "activation": {"kind": "relu"}}],
        "training": {"learning_rate": 0.05, "early_stopping": {"patience": 5}},
    }  # fmt: skip
    reference, fast = pair(msgspec.convert(written, Experiment))
    assert [trainer.advance(epochs=500) for trainer in (reference, fast)] == ["stopped_early"] * 2
    assert fast.state.epoch == reference.state.epoch
    assert fast.evaluation.validation_loss == pytest.approx(reference.evaluation.validation_loss, rel=1e-9)


def test_a_time_limit_is_kept_in_the_middle_of_an_epoch() -> None:
    data = {"kind": "spiral", "points": 100_000}
    written = {"data": data, "layers": [{"units": 64}] * 3, "training": {"batch_size": 10}}
    trainer = Trainer(msgspec.convert(written, Experiment), engine="compiled")
    trainer.advance(seconds=0.02)
    assert 0 < trainer.state.step < trainer.setup.steps_per_epoch
    assert 0 < trainer.seconds < 5


@pytest.mark.parametrize("count", [1, 2, 10, 1000])
def test_shuffles_are_permutations_and_the_same_on_both(count: int) -> None:
    shuffle = kernel_cache.load_kernels("float64").shuffle

    @njit
    def shuffled(epoch: int, order: Array) -> None:
        shuffle(np.uint64(11), epoch, order)

    order = np.empty(count, np.int64)
    for epoch in range(3):
        shuffled(epoch, order)
        expected = randomness.permutation(11, epoch, count)
        assert sorted(expected) == list(range(count))
        np.testing.assert_array_equal(order, expected)


def test_what_is_not_in_the_catalog_is_left_to_the_reference_engine_and_named(experiment: Experiment) -> None:
    trainer = Trainer(experiment, engine="compiled")
    trainer.advance(steps=3)
    # As a class of somebody else's would be, without leaving it in the family for the tests that follow.
    before, Adam.__module__ = Adam.__module__, "somebody.elses"
    try:
        trainer.configure(msgspec.structs.replace(experiment, name="other"))
        assert (trainer.engine, trainer.fallbacks) == ("reference", ("adam: not part of the catalog",))
        trainer.advance(steps=3)
    finally:
        Adam.__module__ = before
    assert trainer.state.step == 6


# The cache ------------------------------------------------------------------------------------------------------


def python(code: str, cache: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run code in another process with a cache folder of its own."""
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "XDG_CACHE_HOME": str(cache), **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


TRAIN = """
from playground import Experiment, Trainer
trainer = Trainer(Experiment(), engine="compiled")
trainer.advance(epochs=2)
print(trainer.engine, trainer.state.epoch)
"""


@pytest.fixture
def own_cache(tmp_path: Path) -> Path:
    """A copy of this machine's cache of kernels, to be damaged."""
    import shutil

    kernel_cache.load_kernels("float32")
    folder = kernel_cache.cache_folder()
    shutil.copytree(folder, tmp_path / "neural-network-playground" / "kernels" / folder.name)
    return tmp_path


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the place of the cache is set as on Linux")
def test_a_cached_kernel_is_not_compiled_again(own_cache: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in own_cache.rglob("*.nb*")}
    done = python(TRAIN, own_cache)
    assert done.stdout.split() == ["compiled", "2"], done.stderr
    assert {path: path.stat().st_mtime_ns for path in own_cache.rglob("*.nb*")} == before


DAMAGED = b"\x80\x04not a kernel"

AT_ONCE = """
import sys, threading, time
sys.path.insert(0, "{folder}")
from playground.engine.compiled import cache
cache.KERNELS, cache.warm_up = "slow_kernels", lambda kernels, dtype: None
loaded, start = [], threading.Barrier(4)
def load():
    start.wait()
    loaded.append(cache.load_kernels("float32"))
threads = [threading.Thread(target=load) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(len(loaded), len(set(map(id, loaded))))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the place of the cache is set as on Linux")
def test_threads_that_first_load_kernels_at_once_share_them(tmp_path: Path) -> None:
    (tmp_path / "slow_kernels.py").write_text("import time\n\ntime.sleep(0.2)\n")
    done = python(AT_ONCE.format(folder=tmp_path), tmp_path)
    assert done.stdout.split() == ["4", "1"], done.stderr


def damage(cache: Path) -> None:
    """Spoil all kernels of a cache."""
    files = sorted(cache.rglob("*.nb*"))
    assert files
    for file in files:
        file.write_bytes(DAMAGED)


def is_whole(cache: Path) -> bool:
    files = sorted(cache.rglob("*.nb*"))
    return bool(files) and not any(file.read_bytes().startswith(DAMAGED) for file in files)


TINY = """
import sys
sys.path.insert(0, "{folder}")
from playground.engine.compiled import cache
cache.KERNELS, cache.warm_up = "tiny_kernels", lambda kernels, dtype: print(kernels.double(dtype.type(2)))
cache.load_kernels("float32")
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the place of the cache is set as on Linux")
def test_a_corrupt_cache_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "tiny_kernels.py").write_text(
        "from numba import njit\n\n@njit(cache=True)\ndef double(x):\n    return 2 * x\n"
    )
    for _ in range(2):
        done = python(TINY.format(folder=tmp_path), tmp_path)
        assert done.stdout.split() == ["4.0"], done.stderr
        assert is_whole(tmp_path)
        damage(tmp_path)


READ_ONLY = """
from playground.engine.compiled import cache
cache.is_writable = lambda folder: False
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the place of the cache is set as on Linux")
def test_a_complete_cache_that_cannot_be_written_to_is_used(own_cache: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in own_cache.rglob("*")}
    done = python(READ_ONLY + TRAIN + "print(cache.unwritable)", own_cache)
    assert done.stdout.split() == ["compiled", "2", "None"], done.stderr
    assert {path: path.stat().st_mtime_ns for path in own_cache.rglob("*")} == before


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the place of the cache is set as on Linux")
def test_a_cache_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "tiny_kernels.py").write_text("def double(x):\n    return 2 * x\n")
    done = python(READ_ONLY + TINY.format(folder=tmp_path) + "print(cache.unwritable)", tmp_path)
    assert done.stdout.split() == [
        "4.0",
        str(tmp_path / "neural-network-playground" / "kernels" / kernel_cache.cache_folder().name),
    ]


FAILING = """
import sys
sys.path.insert(0, "{folder}")
from playground.engine.compiled import cache
def fail(kernels, dtype): raise RuntimeError("no luck")
cache.KERNELS, cache.warm_up = "tiny_kernels", fail
try: cache.load_kernels("float32")
except cache.UnavailableError as error: print(error)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the place of the cache is set as on Linux")
def test_a_load_that_fails_removes_nothing(own_cache: Path) -> None:
    (own_cache / "tiny_kernels.py").write_text("")
    before = sorted(path for path in own_cache.rglob("*.nb*"))
    done = python(FAILING.format(folder=own_cache), own_cache)
    assert done.stdout.strip() == "RuntimeError: no luck", done.stderr
    assert sorted(path for path in own_cache.rglob("*.nb*")) == before


@pytest.mark.skipif(not LONG, reason="compiles for half a minute; `make truth` does so")
def test_a_corrupt_cache_of_the_kernels_that_train_is_replaced(own_cache: Path) -> None:
    damage(own_cache)
    done = python(TRAIN, own_cache)
    assert done.stdout.split() == ["compiled", "2"], done.stderr
    assert is_whole(own_cache)


def aged(folder: Path, days: float) -> Path:
    """A folder with a kernel that was last loaded so many days ago."""
    folder.mkdir(parents=True)
    (folder / "kernel.nbc").write_bytes(b"code")
    then = time.time() - days * 24 * 3600
    os.utime(folder, (then, then))
    return folder


def test_kernels_that_nobody_has_loaded_for_a_month_are_removed(tmp_path: Path) -> None:
    mine, recent, old = (aged(tmp_path / (letter * 16), days) for letter, days in (("a", 90), ("b", 29), ("c", 31)))
    rest, foreign = aged(tmp_path / ("d" * 16 + "-removed-7"), 31), aged(tmp_path / "photos", 300)
    kernel_cache.remove_unused_kernels(mine)
    assert (mine / "kernel.nbc").exists() and (recent / "kernel.nbc").exists() and (foreign / "kernel.nbc").exists()
    assert not old.exists() and not rest.exists()
    assert len(list(tmp_path.iterdir())) == 3


def test_removing_goes_on_where_another_program_is_faster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = aged(tmp_path / ("b" * 16), 31), aged(tmp_path / ("c" * 16), 31)
    rename, seen = Path.rename, []

    def late(path: Path, target: Path) -> Path:
        seen.append(path)
        if len(seen) == 1:
            raise FileNotFoundError(path)
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", late)
    kernel_cache.remove_unused_kernels(tmp_path / ("a" * 16))
    assert sorted(seen) == [first, second]
    assert first.exists() != second.exists()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the place of the cache is set as on Linux")
def test_loading_leaves_its_time_and_removes_what_is_old(own_cache: Path) -> None:
    kernels = own_cache / "neural-network-playground" / "kernels"
    used = kernels / kernel_cache.cache_folder().name
    os.utime(used, (0, 0))
    old = aged(kernels / ("c" * 16), 31)
    done = python(TRAIN, own_cache)
    assert done.stdout.split() == ["compiled", "2"], done.stderr
    assert time.time() - used.stat().st_mtime < 300
    assert not old.exists()


def test_without_numba_it_says_so_and_the_reference_engine_trains(tmp_path: Path) -> None:
    hidden = tmp_path / "numba"
    hidden.mkdir()
    (hidden / "__init__.py").write_text("raise ImportError('not here')\n")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from playground.cli.commands import main\n"
        "sys.exit(main(['train', 'circle', '--epochs', '1', '--json']))"
    )
    done = python(code, tmp_path / "cache")
    assert done.returncode == 0
    assert '"engine": "reference"' in done.stdout
    assert "not here" in done.stderr.splitlines()[-1]
