"""The cache of the kernels of lanes: one that is damaged, or can't be written to, is told of, and training goes on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from playground.engine.compiled import cache as compiled_cache
from playground.engine.compiled.cache import UnavailableError
from playground.engine.lanes import cache
from tests.combinations import LONG

ROOT = Path(__file__).parents[3]

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="the place of the cache is set as on Linux"
)


class Kept:
    """A cache of one tiny kernel in place of those of lanes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.told: list[str] = []
        self.results: list[float] = []

    def load(self) -> None:
        """Load the kernel as a new process would, and call it."""
        cache._LOADED.clear()
        sys.modules.pop(cache.KERNELS, None)
        self.told.clear()
        cache.load_kernels("float32", 16, say=self.told.append)

    @property
    def files(self) -> dict[Path, bytes]:
        """What Numba keeps."""
        return kernels_in(self.folder)


def kernels_in(folder: Path) -> dict[Path, bytes]:
    found = {path: path.read_bytes() for path in sorted(folder.rglob("*.nb*"))}
    assert found
    return found


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kept:
    """The cache of a kernel that was loaded once."""
    (tmp_path / "tiny_kernels.py").write_text(
        "from numba import njit\n\n@njit(cache=True)\ndef double(x):\n    return 2 * x\n"
    )
    result = Kept(tmp_path / "kernels")

    def call(kernels: Any, precision: str, width: int) -> None:
        result.results.append(kernels.double(2.0))

    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(cache, "KERNELS", "tiny_kernels")
    monkeypatch.setattr(cache, "_LOADED", set())
    monkeypatch.setattr(cache, "cache_folder", lambda: result.folder)
    monkeypatch.setattr(cache, "warm_up", call)
    monkeypatch.setattr(compiled_cache, "unwritable", None)
    result.load()
    assert result.results.pop() == 4.0 and not result.told
    return result


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "truncated": lambda content: content[: len(content) // 2],
    "empty": lambda content: b"",
    "overwritten": lambda content: b"\x80\x04not a kernel",
}


@pytest.mark.parametrize("suffix", [".nbi", ".nbc"])
@pytest.mark.parametrize("damage", list(DAMAGE))
def test_a_damaged_file_is_told_of_and_compiled_again(kept: Kept, damage: str, suffix: str) -> None:
    before = kept.files
    for path, content in before.items():
        if path.suffix == suffix:
            path.write_bytes(DAMAGE[damage](content))

    kept.load()

    assert kept.told == [f"The compiled engine in {kept.folder} is damaged. Compiling it again takes about a minute."]
    assert kept.results == [4.0] and set(kept.files) == set(before)
    kept.load()
    assert kept.results == [4.0, 4.0] and not kept.told


def test_a_fault_that_is_no_damage_leaves_the_cache_alone(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise RuntimeError("no luck")

    before = kept.files
    monkeypatch.setattr(cache, "warm_up", fail)
    with pytest.raises(UnavailableError, match="no luck"):
        kept.load()
    assert kept.files == before


def test_a_cache_that_is_complete_but_read_only_is_used_in_silence(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    before = kept.files
    monkeypatch.setattr(compiled_cache, "is_writable", lambda folder: False)
    kept.load()
    assert kept.results == [4.0] and not kept.told
    assert kept.files == before and compiled_cache.unwritable is None


def test_an_empty_cache_that_is_read_only_is_told_of(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(kept.folder)
    monkeypatch.setattr(compiled_cache, "is_writable", lambda folder: False)
    kept.load()
    words = f"{kept.folder} can't be written to, so the engine for many networks is compiled each time."
    assert kept.told == [words] and kept.results == [4.0]


# Whole kernels, in a process of their own -----------------------------------------------------------------------

READ_ONLY = "compiled_cache.is_writable = lambda folder: False"
TRAIN = """
from playground import Experiment, Trainer
from playground.engine.compiled import cache as compiled_cache
{}
trainer = Trainer(Experiment(), engine="lanes")
trainer.advance(epochs=2)
print(trainer.engine, trainer.state.epoch)
"""


def python(code: str, folder: Path) -> list[str]:
    """The lines that code prints in a process whose cache is in a folder of its own."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "XDG_CACHE_HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return [*done.stdout.splitlines(), *done.stderr.splitlines()]


@pytest.fixture
def own_cache(tmp_path: Path) -> Path:
    """A copy of this machine's kernels of lanes, to be damaged."""
    cache.load_kernels("float32")
    folder = cache.cache_folder()
    shutil.copytree(folder, tmp_path / "neural-network-playground" / "kernels" / folder.name)
    return tmp_path


def test_lanes_train_from_a_read_only_cache(own_cache: Path) -> None:
    before = kernels_in(own_cache)
    assert python(TRAIN.format(READ_ONLY), own_cache) == ["lanes 2"]
    assert kernels_in(own_cache) == before


@pytest.mark.skipif(not LONG, reason="compiles for a minute; `make truth` does so")
def test_lanes_train_after_their_cache_was_truncated(own_cache: Path) -> None:
    for path, content in kernels_in(own_cache).items():
        path.write_bytes(content[: len(content) // 2])
    result, told = python(TRAIN.format(""), own_cache)
    assert result == "lanes 2" and "is damaged" in told
    assert python(TRAIN.format(""), own_cache) == ["lanes 2"]
