"""Whether this machine has power to spare for other runs beside the one in the window."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

SUPPLIES = Path("/sys/class/power_supply")
"""Where Linux lists batteries and mains; other systems have no such folder, and are not asked."""


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
