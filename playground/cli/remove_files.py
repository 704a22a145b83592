"""The command `remove-files`: lists the files that the program keeps for itself, and removes them."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from playground.catalog.choice import listing
from playground.files.menu_entry import menu_entry_files, remove_menu_entry
from playground.files.places import PROGRAM_ID, cache_path, kept_runs_path, kept_work_path, logs_path, settings_path


def add_remove_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `remove-files`."""
    words = "remove without asking, except work kept for recovery and kept runs"
    parser.add_argument("--yes", action="store_true", help=words)
    parser.add_argument("--kept-runs", action="store_true", help="with --yes: also remove kept runs")
    parser.add_argument("--kept-work", action="store_true", help="with --yes: also remove work kept for recovery")


def remove_files(arguments: argparse.Namespace) -> None:
    """List the files and remove those that the user agrees to remove."""
    plain = {
        "compiled kernels": [cache_path()],
        "settings": [settings_path()],
        "logs": [logs_path()],
        "menu entry": menu_entry_files(),
    }
    work, runs = [kept_work_path()], [kept_runs_path()]
    found = {name: [path for path in paths if path.exists()] for name, paths in plain.items()}
    found = {name: paths for name, paths in found.items() if paths}
    kept = [path for path in work if any(_files_in([path]))]
    kept_runs = [path for path in runs if any(_files_in([path]))]
    if not found and not kept and not kept_runs:
        print("There is nothing to remove.")
        return
    for name, paths in (*found.items(), ("kept work", kept), ("kept runs", kept_runs)):
        for path in paths:
            size = sum(file.stat().st_size for file in _files_in([path]))
            print(f"{name}: {path} ({size / 1e6:,.1f} MB)")
    if found and (arguments.yes or _agrees(f"Remove the {listing(found)}?")):
        for name, paths in found.items():
            if name == "menu entry":
                remove_menu_entry()
            else:
                _remove(paths)
        print(f"Removed: {', '.join(found)}.")
    if kept and (arguments.kept_work if arguments.yes else _agrees_twice()):
        _remove(kept)
        print("Removed: kept work.")
    if kept_runs and (arguments.kept_runs if arguments.yes else _agrees("Remove all kept runs? They can't come back.")):
        _remove(kept_runs)
        print("Removed: kept runs.")


def _files_in(paths: Iterable[Path]) -> Iterable[Path]:
    for path in paths:
        if path.is_file():
            yield path
        yield from (file for file in path.rglob("*") if file.is_file())


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        # The program's own folder around it goes, too, once it is empty.
        if path.parent.name == PROGRAM_ID:
            with suppress(OSError):
                path.parent.rmdir()


def _agrees(question: str) -> bool:
    """Ask a question; returns whether the answer is yes, and False if there is no input to read."""
    print(f"{question} [y/N] ", end="", flush=True)
    return sys.stdin is not None and sys.stdin.readline().strip().lower() in ("y", "yes")


def _agrees_twice() -> bool:
    return _agrees("Kept work was never saved to a file. Remove it too?") and _agrees(
        "It can't be restored. Remove it?"
    )
