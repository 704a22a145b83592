"""Folders and files in which the program keeps its own data: compiled kernels, settings, logs, work, runs."""

from __future__ import annotations

import os
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from platformdirs import user_cache_path, user_config_path, user_data_path, user_log_path

PROGRAM_ID = "neural-network-playground"
PROGRAM_NAME = "Neural Network Playground"


def running_name() -> str:
    """The name of the program's command in messages: `main.py` in the source tree, else `playground`."""
    return "main.py" if Path(sys.argv[0]).name == "main.py" else "playground"


def program_version() -> str:
    """The installed version; a source tree that is not installed has none."""
    try:
        return version(PROGRAM_ID)
    except PackageNotFoundError:
        return "(not installed)"


def cache_path() -> Path:
    """The folder of files that can be created again, such as compiled kernels."""
    return user_cache_path(PROGRAM_ID, appauthor=False)


def settings_path() -> Path:
    """The file of the window's settings; on systems other than Linux, unsaved work is kept in the same folder."""
    suffix = ".conf" if sys.platform.startswith("linux") else ".ini"
    return user_config_path(PROGRAM_ID, appauthor=False) / f"{PROGRAM_NAME}{suffix}"


def logs_path() -> Path:
    """The folder of the window's error logs."""
    return user_log_path(PROGRAM_ID, appauthor=False)


def kept_work_path() -> Path:
    """The folder of unsaved work, kept for recovery after a crash."""
    return user_data_path(PROGRAM_ID, appauthor=False) / "recovery"


def kept_runs_path() -> Path:
    """The folder of kept runs."""
    return user_data_path(PROGRAM_ID, appauthor=False) / "runs"


def shared_data_path() -> Path:
    """The folder in which Linux desktops look for a user's menu entries, icons and file types."""
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
