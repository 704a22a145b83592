"""Recovery: work of processes that died is found again, with real processes."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from playground import Trainer
from playground.files.atomic import temporary_name
from playground.files.patches import patches_path
from playground.interop.opening import load_preset
from playground.storage.document import document_bytes
from playground.storage.recovery import ASIDE_FOLDER, WorkNote, WorkSlot, documents_set_aside, find_recoverable

ROOT = Path(__file__).parents[2]
KEEP = """
import sys
from pathlib import Path
from playground.storage.recovery import WorkNote, WorkSlot
slot = WorkSlot(Path(sys.argv[1]))
slot.write(b"work", WorkNote("Two spirals", "/somewhere/mine.playground"))
print("ready", flush=True)
sys.stdin.readline()
slot.close()
"""


def start(folder: Path) -> subprocess.Popen[bytes]:
    """A process that keeps work in a slot."""
    process = subprocess.Popen(
        [sys.executable, "-c", KEEP, str(folder)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip() == b"ready"
    return process


def end(process: subprocess.Popen[bytes], kill: bool) -> None:
    if kill:
        process.send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
        process.wait()
    else:
        process.communicate(b"\n")
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()


def test_the_work_of_a_killed_process_is_found(tmp_path: Path) -> None:
    process = start(tmp_path)
    assert find_recoverable(tmp_path) == []
    end(process, kill=True)
    (found,) = find_recoverable(tmp_path)
    assert found.document.read_bytes() == b"work"
    assert (found.note.title, found.note.origin, found.note.attempts) == (
        "Two spirals",
        "/somewhere/mine.playground",
        0,
    )


def test_a_process_that_ends_as_it_should_leaves_nothing(tmp_path: Path) -> None:
    end(start(tmp_path), kill=False)
    assert find_recoverable(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_what_was_restored_is_offered_no_more(tmp_path: Path) -> None:
    end(start(tmp_path), kill=True)
    (found,) = find_recoverable(tmp_path)
    lock = found.begin()
    assert lock is not None
    assert find_recoverable(tmp_path) == []
    assert found.begin() is None
    found.end(lock, restored=True)
    assert find_recoverable(tmp_path) == [] and list(tmp_path.iterdir()) == []


def test_after_two_attempts_that_failed_it_is_put_aside_and_kept(tmp_path: Path) -> None:
    end(start(tmp_path), kill=True)
    for attempt in range(2):
        (found,) = find_recoverable(tmp_path)
        assert found.note.attempts == attempt
        lock = found.begin()
        assert lock is not None
        found.end(lock, restored=False)
    assert find_recoverable(tmp_path) == []
    (kept,) = documents_set_aside(tmp_path)
    assert kept.read_bytes() == b"work" and kept.parent.name == ASIDE_FOLDER
    assert kept.name.startswith("Two spirals ")
    assert find_recoverable(tmp_path) == []


def test_what_was_found_long_ago_may_have_been_restored_since(tmp_path: Path) -> None:
    end(start(tmp_path), kill=True)
    (early,), (late,) = find_recoverable(tmp_path), find_recoverable(tmp_path)
    for found in (early, late):
        lock = found.begin()
        assert lock is not None
        found.end(lock, restored=False)
    assert early.begin() is None
    assert find_recoverable(tmp_path) == []

    end(start(tmp_path), kill=True)
    (early,), (late,) = find_recoverable(tmp_path), find_recoverable(tmp_path)
    lock = early.begin()
    assert lock is not None
    late.discard()
    assert early.document.exists() and late.begin() is None
    early.end(lock, restored=True)
    assert late.begin() is None
    assert find_recoverable(tmp_path) == [] and list(tmp_path.glob("*.lock")) == []


def test_work_that_is_older_than_its_file_is_told_from_newer(tmp_path: Path) -> None:
    slot = WorkSlot(tmp_path / "recovery")
    slot.write(b"work", WorkNote("Mine", str(tmp_path / "mine.playground")))
    slot.lock.release()
    (found,) = find_recoverable(tmp_path / "recovery")
    assert not found.is_outdated
    (tmp_path / "mine.playground").write_bytes(b"saved")
    for difference, outdated in ((-60, False), (60, True)):
        os.utime(tmp_path / "mine.playground", (found.time + difference,) * 2)
        assert found.is_outdated == outdated


@pytest.mark.parametrize("title", ["𝔘" * 300, "/../" * 30, "\n\0", ""])
def test_it_is_put_aside_whatever_its_title(tmp_path: Path, title: str) -> None:
    slot = WorkSlot(tmp_path)
    slot.write(b"work", WorkNote(title))
    slot.lock.release()
    for _ in range(2):
        (found,) = find_recoverable(tmp_path)
        lock = found.begin()
        assert lock is not None
        found.end(lock, restored=False)
    assert find_recoverable(tmp_path) == []
    assert [kept.read_bytes() for kept in documents_set_aside(tmp_path)] == [b"work"]


def test_a_slot_is_had_although_another_process_looks_at_its_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = iter(["taken", "swept away", "free"])
    monkeypatch.setattr(secrets, "token_hex", lambda _: next(names))
    real = FileLock.acquire

    def acquire(lock: FileLock, *arguments: Any, **named: Any) -> Any:
        done = real(lock, *arguments, **named)
        if "swept away" in str(lock.lock_file):
            Path(lock.lock_file).unlink()
        return done

    monkeypatch.setattr(FileLock, "acquire", acquire)
    other = FileLock(tmp_path / "taken.lock")
    with other.acquire(timeout=0):
        slot = WorkSlot(tmp_path)
    assert slot.document.stem == "free"
    slot.close()


def test_what_is_not_wanted_is_put_aside(tmp_path: Path) -> None:
    end(start(tmp_path), kill=True)
    find_recoverable(tmp_path)[0].discard()
    assert find_recoverable(tmp_path) == []
    assert [path.read_bytes() for path in documents_set_aside(tmp_path)] == [b"work"]


def test_the_latest_of_many_versions_is_found_and_put_aside_whole(tmp_path: Path) -> None:
    trainer = Trainer(load_preset("circle"), engine="reference", past_bytes=2**20)
    slot = WorkSlot(tmp_path)
    for _ in range(4):
        trainer.advance(epochs=5)
        slot.write(document_bytes(trainer.document()), WorkNote("Circle"))
    whole = slot.document.stat().st_size
    assert 0 < patches_path(slot.document).stat().st_size < whole
    slot.lock.release()

    (found,) = find_recoverable(tmp_path)
    assert found.load().present.state.step == trainer.state.step
    found.discard()
    (aside,) = documents_set_aside(tmp_path)
    assert aside.read_bytes() == document_bytes(trainer.document())
    assert [path.name for path in tmp_path.iterdir()] == [ASIDE_FOLDER]


def test_patches_without_a_document_go(tmp_path: Path) -> None:
    slot = WorkSlot(tmp_path)
    for content in (b"work" * 100, b"work" * 101):
        slot.write(content, WorkNote("mine"))
    slot.document.unlink()
    slot.lock.release()
    assert find_recoverable(tmp_path) == [] == list(tmp_path.iterdir())


def test_what_a_first_autosave_left_unfinished_goes(tmp_path: Path) -> None:
    process = start(tmp_path)
    end(process, kill=True)
    stray = temporary_name(tmp_path / "never finished.playground")
    left = stray.with_name(stray.name.replace(f".{os.getpid()}-", f".{process.pid}-"))
    left.write_bytes(b"")
    find_recoverable(tmp_path)
    assert not left.exists()


def test_several_processes_keep_apart(tmp_path: Path) -> None:
    one, two = start(tmp_path), start(tmp_path)
    end(one, kill=True)
    assert len(find_recoverable(tmp_path)) == 1
    end(two, kill=True)
    assert len(find_recoverable(tmp_path)) == 2


def test_a_note_that_is_damaged_is_no_obstacle(tmp_path: Path) -> None:
    end(start(tmp_path), kill=True)
    next(tmp_path.glob("*.note")).write_bytes(b"\xff{")
    assert find_recoverable(tmp_path)[0].note.title == ""


def test_a_slot_that_is_cleared_has_nothing_to_recover(tmp_path: Path) -> None:
    slot = WorkSlot(tmp_path)
    slot.write(b"work", WorkNote("mine"))
    slot.clear()
    assert not slot.document.exists()
    slot.close()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert find_recoverable(tmp_path / "none") == []
