"""When this machine has power to spare, by what Linux says of its batteries."""

from __future__ import annotations

from pathlib import Path

import pytest

from ui.session.power import is_on_battery

MAINS, FULL, USED = ({"type": kind, "status": status} for kind, status in
                     (("Mains", ""), ("Battery", "Full"), ("Battery", "Discharging")))  # fmt: skip


@pytest.mark.parametrize(
    ("supplies", "on_battery"),
    [
        ([], False),
        ([MAINS], False),
        ([MAINS, FULL], False),
        ([MAINS, USED], True),
        ([MAINS, {**USED, "scope": "Device"}], False),
        ([{"type": "Battery"}], False),
    ],
)
def test_a_battery_of_the_machine_that_is_used_counts(
    tmp_path: Path, supplies: list[dict[str, str]], on_battery: bool
) -> None:
    for number, files in enumerate(supplies):
        (tmp_path / str(number)).mkdir()
        for name, text in files.items():
            (tmp_path / str(number) / name).write_text(f"{text}\n")
    assert is_on_battery(tmp_path) == on_battery


def test_where_nobody_knows_there_is_power(tmp_path: Path) -> None:
    assert not is_on_battery(tmp_path / "elsewhere")
