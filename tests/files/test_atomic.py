"""Files are whole at every moment: with faults at every place, and in processes that are killed."""

from __future__ import annotations

import contextlib
import errno
import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from playground.files import atomic
from playground.files.atomic import (
    PART,
    file_stamp,
    previous_path,
    remove_strays,
    temporary_prefix,
    this_computer,
    write_atomically,
)
from tests.files.faults import Faults

ROOT = Path(__file__).parents[2]
KILLS = int(os.environ.get("KILLS", "6"))
"""How many times a process is killed while it saves; `make kill` does so 500 times."""


def left_over(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name.endswith(PART))


def test_a_file_is_written_and_the_one_before_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "mine.playground"
    write_atomically(path, b"one", keep_previous=True)
    assert not previous_path(path).exists()
    write_atomically(path, b"two", keep_previous=True)
    write_atomically(path, b"three", keep_previous=True)
    assert (path.read_bytes(), previous_path(path).read_bytes()) == (b"three", b"two")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["mine.playground", "mine.previous.playground"]


def test_a_stamp_tells_that_another_program_wrote_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine"
    assert file_stamp(path) is None
    path.write_bytes(b"one")
    first = file_stamp(path)
    assert first == file_stamp(path)
    path.write_bytes(b"another")
    assert file_stamp(path) not in (None, first)


def test_links_and_permissions_stay(tmp_path: Path) -> None:
    path, link = tmp_path / "mine", tmp_path / "link"
    path.write_bytes(b"one")
    path.chmod(0o640)
    link.symlink_to(path)
    write_atomically(link, b"two", keep_previous=True)
    assert link.is_symlink() and path.read_bytes() == b"two"
    assert path.stat().st_mode & 0o777 == 0o640


def test_links_that_lead_in_a_circle_are_replaced(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    write_atomically(tmp_path / "a", b"one", keep_previous=True)
    assert (tmp_path / "b").read_bytes() == b"one" and left_over(tmp_path) == []


def test_a_name_as_long_as_can_be_is_no_obstacle(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 255)
    write_atomically(path, b"one")
    assert path.read_bytes() == b"one"


def test_a_name_that_is_too_long_is_told_and_changes_nothing(tmp_path: Path) -> None:
    too_long = tmp_path / ("n" * 256)
    with pytest.raises(OSError) as refused:
        write_atomically(too_long, b"one")
    assert refused.value.filename == str(too_long)
    no_room_for_previous = tmp_path / ("n" * 255)
    write_atomically(no_room_for_previous, b"one", keep_previous=True)
    with pytest.raises(OSError) as refused:
        write_atomically(no_room_for_previous, b"two", keep_previous=True)
    assert refused.value.filename == str(no_room_for_previous)
    assert no_room_for_previous.read_bytes() == b"one"
    assert left_over(tmp_path) == []


def test_where_there_are_no_links_the_previous_one_is_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: Any) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    path = tmp_path / "mine"
    for content in (b"one", b"two"):
        write_atomically(path, content, keep_previous=True)
    assert (path.read_bytes(), previous_path(path).read_bytes()) == (b"two", b"one")
    assert left_over(tmp_path) == []


# Faults -----------------------------------------------------------------------------------------------------------


class ByteFaults(Faults):
    """Lets the n-th call that touches the disk fail, or the n-th byte."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, fail_at: int) -> None:
        super().__init__(monkeypatch, fail_at)
        monkeypatch.setattr(atomic, "_write_whole", self.writing)

    def writing(self, path: Path, content: bytes) -> None:
        """As `_write_whole`, but the disk may be full in the middle of a byte."""
        with path.open("xb") as file:
            for byte in content:
                file.write(bytes([byte]))
                file.flush()
                self.count()
            os.fsync(file.fileno())


def calls_of_a_save(tmp_path: Path) -> int:
    with pytest.MonkeyPatch.context() as patch:
        faults = ByteFaults(patch, 0)
        write_atomically(tmp_path / "counted", b"old", keep_previous=True)
        faults.calls = 0
        write_atomically(tmp_path / "counted", b"new", keep_previous=True)
        return faults.calls


def test_whatever_fails_the_file_is_whole_and_it_is_told(tmp_path: Path) -> None:
    count = calls_of_a_save(tmp_path)
    assert count >= 3 + 2 + 2 + 1
    told = 0
    for n in range(1, count + 1):
        folder = tmp_path / str(n)
        folder.mkdir()
        path = folder / "mine"
        write_atomically(path, b"oldest", keep_previous=True)
        write_atomically(path, b"old", keep_previous=True)
        is_there: bytes | None = b"new"
        with pytest.MonkeyPatch.context() as patch:
            ByteFaults(patch, n)
            try:
                write_atomically(path, b"new", keep_previous=True)
            except OSError as error:
                told += 1
                is_there = b"old"
                assert error.filename == str(path)
        assert path.read_bytes() == is_there, n
        assert previous_path(path).read_bytes() in (b"oldest", b"old"), n
        if is_there == b"new":
            assert previous_path(path).read_bytes() == b"old", n
        assert left_over(folder) == [], n
    # A copy takes the place of a link that fails, so that alone is not told.
    assert told == count - 2


def test_whatever_fails_a_new_file_is_whole_or_not_there(tmp_path: Path) -> None:
    count = calls_of_a_save(tmp_path)
    told = 0
    for n in range(1, count + 1):
        path = tmp_path / str(n) / "mine"
        path.parent.mkdir()
        with pytest.MonkeyPatch.context() as patch:
            ByteFaults(patch, n)
            try:
                write_atomically(path, b"new", keep_previous=True)
            except OSError:
                told += 1
                assert not path.exists(), n
            else:
                assert path.read_bytes() == b"new", n
        assert left_over(path.parent) == [], n
    assert told >= 5


def test_what_can_not_be_put_back_is_whole_at_least(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EIO, "refused")

    path = tmp_path / "mine"
    write_atomically(path, b"old", keep_previous=True)
    replace = Path.replace
    monkeypatch.setattr(atomic, "_sync_folder", refuse)
    monkeypatch.setattr(
        Path, "replace", lambda self, to: refuse() if path.read_bytes() == b"new" else replace(self, to)
    )
    with pytest.raises(OSError, match="refused"):
        write_atomically(path, b"new", keep_previous=True)
    monkeypatch.undo()
    assert path.read_bytes() == b"new" and previous_path(path).read_bytes() == b"old"
    assert left_over(tmp_path) == []


@pytest.mark.parametrize("where", ["a folder that is not there", "a folder that is a file"])
def test_a_place_that_can_not_be_written_to_is_named(tmp_path: Path, where: str) -> None:
    path = tmp_path / "none" / "mine"
    if where == "a folder that is a file":
        path.parent.write_bytes(b"")
    with pytest.raises(OSError) as refused:
        write_atomically(path, b"one")
    assert refused.value.filename == str(path)


def test_a_name_that_is_too_long_is_told(tmp_path: Path) -> None:
    with pytest.raises(OSError) as refused:
        write_atomically(tmp_path / ("n" * 300), b"one", keep_previous=True)
    assert refused.value.filename == str(tmp_path / ("n" * 300))
    assert left_over(tmp_path) == []


FILL = """
import resource, sys
from pathlib import Path
from playground.files.atomic import write_atomically
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
try:
    write_atomically(Path(sys.argv[1]), bytes(100_000), keep_previous=True)
except OSError as error:
    print(error.filename)
"""


@pytest.mark.skipif(os.name != "posix", reason="only there a process can have its writes cut off")
def test_a_write_that_the_system_cuts_off_spoils_nothing(tmp_path: Path) -> None:
    path = tmp_path / "mine"
    path.write_bytes(b"old")
    done = subprocess.run(
        [sys.executable, "-c", FILL, str(path)], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert done.stdout.strip() == str(path), done.stderr
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["mine"]


# Processes that are killed ----------------------------------------------------------------------------------------

SAVE = """
import sys
from pathlib import Path
from playground import Trainer
from playground.storage.document import save_document
from playground.interop.opening import load_preset
trainer = Trainer(load_preset("circle"), engine="reference")
print("ready", flush=True)
while True:
    trainer.advance(steps=1)
    save_document(Path(sys.argv[1]), trainer.document())
"""


def test_a_process_that_is_killed_while_it_saves_spoils_nothing(tmp_path: Path) -> None:
    from playground.storage.document import load_document

    path, delays = tmp_path / "mine.playground", random.Random(0)
    steps = strays = 0
    for _ in range(KILLS):
        process = subprocess.Popen(
            [sys.executable, "-c", SAVE, str(path)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert process.stdout is not None
        process.stdout.readline()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(delays.random() * 0.05)
        process.send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
        process.wait()
        process.stdout.close()
        strays += len(left_over(tmp_path))
        for file in (path, previous_path(path)):
            if file.exists():
                steps = max(steps, load_document(file).checkpoints["present"].state.step)
        remove_strays(path)
        assert left_over(tmp_path) == []
    assert steps > 0
    print(f"killed {KILLS} times; {strays} unfinished files were found and removed; up to step {steps}")


def test_what_a_living_process_writes_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "mine"
    alive = tmp_path / f"{temporary_prefix(path)}{os.getppid()}-{this_computer()}-0000{PART}"
    dead = tmp_path / f"{temporary_prefix(path)}{ended_process()}-{this_computer()}-0000{PART}"
    other = tmp_path / f".{12 * '0'}.{ended_process()}-{this_computer()}-0000{PART}"
    elsewhere = tmp_path / f"{temporary_prefix(path)}{ended_process()}-beef-0000{PART}"
    long_ago = tmp_path / f"{temporary_prefix(path)}{ended_process()}-beef-0001{PART}"
    for file in (alive, dead, other, elsewhere, long_ago):
        file.write_bytes(b"")
    os.utime(long_ago, (0, 0))
    write_atomically(path, b"one")
    assert left_over(tmp_path) == sorted([alive.name, other.name, elsewhere.name])


def ended_process() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid
