"""The power that other runs may take beside the one in the window."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress
from pathlib import Path

SUPPLIES = Path("/sys/class/power_supply")
"""Where Linux lists batteries and mains; other systems have no such folder, and are not asked."""
_NICENESS = 10
"""By how much nicer other runs are than the window. With 5, frames came several milliseconds later on two cores. With
19, on a machine that others keep busy, such a thread waited for the processor for up to a second, while the window
waited for the interpreter lock that it held."""


def run_beside() -> None:
    """Lower the priority of this thread below that of the run in the window, on Linux."""
    # Elsewhere threads have no priority of this kind, and another process could have this number.
    if sys.platform == "linux":
        with suppress(OSError):
            window = os.getpriority(os.PRIO_PROCESS, os.getpid())
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), window + _NICENESS)


def spare_cores() -> int:
    """The number of cores that this process may use besides the first."""
    with suppress(AttributeError, OSError):
        return len(os.sched_getaffinity(0)) - 1
    return (os.cpu_count() or 1) - 1


def is_on_battery(supplies: Path = SUPPLIES) -> bool:
    """Whether a battery of the machine itself is being discharged; False also where nobody knows."""
    try:
        found = [(_read(one / "type"), _read(one / "scope"), _read(one / "status")) for one in supplies.iterdir()]
    except OSError:
        return False
    # Mice and keyboards have batteries, too, of the scope Device.
    return any((kind, status) == ("Battery", "Discharging") and scope != "Device" for kind, scope, status in found)


def _read(path: Path) -> str:
    with suppress(OSError):
        return path.read_text(errors="replace").strip()
    return ""
