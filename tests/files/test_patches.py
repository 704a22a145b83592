"""Of a file with patches the latest whole version is read: with faults at every place, and in killed processes."""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from playground.files import patches
from playground.files.patches import PatchedFile, patches_path, read_patched
from tests.files.faults import DISK_CALLS, Faults

ROOT = Path(__file__).parents[2]
KILLS = int(os.environ.get("KILLS", "3"))
"""How many times a process is killed while it writes; `make kill` does so 500 times."""
MOST = 2**24


def versions(count: int, seed: int = 0, length: int = 40_000) -> list[bytes]:
    """Versions of a file that grows by 1 % each time and loses pieces in its middle, as thinned checkpoints do."""
    chance, result = random.Random(seed), list[bytes]()
    pieces = [chance.randbytes(200) for _ in range(length // 200)]
    for _ in range(count):
        result.append(b"".join(pieces))
        pieces += [chance.randbytes(200) for _ in range(max(1, len(pieces) // 100))]
        del pieces[chance.randrange(len(pieces))]
    return result


def size_of(path: Path) -> int:
    return path.stat().st_size + (patches_path(path).stat().st_size if patches_path(path).exists() else 0)


def test_each_version_is_read_and_only_what_is_new_is_written(tmp_path: Path) -> None:
    file, before = PatchedFile(tmp_path / "mine"), 0
    for number, content in enumerate(versions(20)):
        file.write(content)
        assert read_patched(file.path, MOST) == content
        written, before = size_of(file.path) - before, size_of(file.path)
        assert number == 0 or 400 <= written < 1500
    assert file.path.read_bytes() == versions(1)[0]


def test_a_whole_version_is_written_again_once_patches_take_as_much(tmp_path: Path) -> None:
    file, chance = PatchedFile(tmp_path / "mine"), random.Random(1)
    for _ in range(30):
        content = chance.randbytes(1000)
        file.write(content)
        assert read_patched(file.path, MOST) == content
        assert size_of(file.path) < 3000


def test_a_whole_version_is_written_again_after_many_patches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patches, "_MOST_PATCHES", 3)
    file, wholes = PatchedFile(tmp_path / "mine"), set()
    for content in versions(9):
        file.write(content)
        wholes.add(file.path.read_bytes())
        assert read_patched(file.path, MOST) == content
    assert len(wholes) == 3


@pytest.mark.parametrize("contents", [[b"", b"", b"x" * 1000, b""], [b"a", b"b"], [b"same" * 100] * 3])
def test_short_and_equal_versions_are_read(tmp_path: Path, contents: list[bytes]) -> None:
    file = PatchedFile(tmp_path / "mine")
    for content in contents:
        file.write(content)
        assert read_patched(file.path, MOST) == content


def test_wherever_patches_end_a_version_is_read(tmp_path: Path) -> None:
    file, contents = PatchedFile(tmp_path / "mine"), versions(4, length=4000)
    ends = list[int]()
    for content in contents:
        file.write(content)
        ends.append(patches_path(file.path).stat().st_size if ends else 0)
        ends = ends or [0]
    whole = patches_path(file.path).read_bytes()
    for cut in range(len(whole)):
        patches_path(file.path).write_bytes(whole[:cut])
        expected = max(number for number, end in enumerate(ends) if end <= cut)
        assert read_patched(file.path, MOST) == contents[expected]


def test_damaged_and_foreign_patches_lead_nowhere(tmp_path: Path) -> None:
    file, contents = PatchedFile(tmp_path / "mine"), versions(3)
    for content in contents:
        file.write(content)
    whole, chance = patches_path(file.path).read_bytes(), random.Random(2)
    for _ in range(300):
        damaged = bytearray(whole)
        damaged[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
        patches_path(file.path).write_bytes(damaged)
        assert read_patched(file.path, MOST) in contents
    patches_path(file.path).write_bytes(whole)
    file.path.write_bytes(b"another")
    assert read_patched(file.path, MOST) == b"another"


def test_a_patch_to_more_than_may_be_read_is_left_out(tmp_path: Path) -> None:
    file = PatchedFile(tmp_path / "mine")
    file.write(b"a" * 1000)
    file.write(b"a" * 100_000)
    assert read_patched(file.path, 99_999) == b"a" * 1000
    assert read_patched(file.path, 100_000) == b"a" * 100_000


# Faults -----------------------------------------------------------------------------------------------------------


class TornFaults(Faults):
    """Lets the n-th call that touches the disk fail; a write in the middle."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, fail_at: int) -> None:
        super().__init__(monkeypatch, fail_at, (*DISK_CALLS, "unlink"))
        real = Path.open
        monkeypatch.setattr(Path, "open", lambda path, *options: _Torn(real(path, *options), self))


class _Torn:
    """A file that writes half of what it is given before it fails."""

    def __init__(self, file: Any, faults: Faults) -> None:
        self.file, self.faults = file, faults

    def __enter__(self) -> _Torn:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)

    def write(self, content: bytes) -> None:
        self.file.write(content[: len(content) // 2])
        self.file.flush()
        self.faults.count()
        self.file.write(content[len(content) // 2 :])

    def writelines(self, pieces: list[bytes]) -> None:
        for piece in pieces:
            self.write(piece)


def test_whatever_fails_a_whole_version_is_read_and_the_next_one_is_written(tmp_path: Path) -> None:
    contents, failed = versions(5, length=2000), 0
    for fail_at in range(1, 1000):
        path = tmp_path / f"mine {fail_at}"
        file, latest = PatchedFile(path), b""
        with pytest.MonkeyPatch.context() as patch:
            faults = TornFaults(patch, fail_at)
            told = False
            for content in contents[:-1]:
                before = latest
                try:
                    file.write(content)
                    latest = content
                except OSError:
                    told = True
                    assert not before or read_patched(path, MOST) in (before, content)
                    if path.exists():
                        latest = read_patched(path, MOST)
        failed += told
        file.write(contents[-1])
        assert read_patched(path, MOST) == contents[-1]
        if faults.calls < fail_at:
            break
    assert 10 < failed < fail_at < 1000


# Processes that are killed ----------------------------------------------------------------------------------------

WRITE = """
import hashlib, random, sys
from pathlib import Path
from playground.files.patches import PatchedFile
{versions}
file = PatchedFile(Path(sys.argv[1]))
for number, content in enumerate(versions(10_000, seed=int(sys.argv[2]), length=20_000)):
    content = number.to_bytes(4, "big") + content
    file.write(hashlib.sha256(content).digest() + content)
    print(number, flush=True)
"""


def test_a_process_that_is_killed_while_it_writes_loses_no_version_that_was_kept(tmp_path: Path) -> None:
    script = WRITE.replace("{versions}", inspect.getsource(versions))
    chance, patched = random.Random(0), 0
    for seed in range(KILLS):
        path = tmp_path / str(seed)
        process = subprocess.Popen(
            [sys.executable, "-c", script, str(path), str(seed)], cwd=ROOT, stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        process.stdout.readline()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(chance.random() * 0.2)
        process.send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
        lines = process.stdout.read().split(b"\n")
        process.wait()
        process.stdout.close()
        told = max((int(line) for line in lines[:-1]), default=0)
        content = read_patched(path, MOST)
        assert hashlib.sha256(content[32:]).digest() == content[:32]
        assert told <= int.from_bytes(content[32:36], "big") <= told + 1
        patched += path.read_bytes() != content
    assert patched > 0
    print(f"killed {KILLS} times; {patched} times the latest version was that of a patch")
