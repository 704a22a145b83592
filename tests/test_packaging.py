"""What the files that set up the environment promise about each other and about what is installed."""

import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
DECLARED = [
    Requirement(line)
    for line in [
        *PROJECT["project"]["dependencies"],
        *PROJECT["project"]["optional-dependencies"]["test"],
        *PROJECT["build-system"]["requires"],
    ]
]
CONTRACTS = PROJECT["tool"]["importlinter"]["contracts"]
CONSTRAINTS = [
    Requirement(line)
    for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]
PINS = {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in CONSTRAINTS}


def needed(requirement: Requirement, seen: set[str]) -> set[str]:
    """The names of all distributions that a requirement brings into this environment, itself included."""
    name = canonicalize_name(requirement.name)
    if name not in seen and (requirement.marker is None or requirement.marker.evaluate({"extra": ""})):
        seen.add(name)
        for line in distribution(name).requires or []:
            needed(Requirement(line), seen)
    return seen


@pytest.mark.parametrize("pin", CONSTRAINTS, ids=str)
def test_constraints_are_exact_versions_by_name(pin: Requirement) -> None:
    assert re.fullmatch(r"==[0-9]+(\.[0-9]+)*", str(pin.specifier))
    assert pin.url is None
    assert not pin.extras


@pytest.mark.parametrize("requirement", DECLARED, ids=str)
def test_declared_dependencies_are_pinned_within_their_range(requirement: Requirement) -> None:
    assert requirement.url is None
    assert requirement.specifier.contains(PINS[canonicalize_name(requirement.name)])


@pytest.mark.parametrize("requirement", DECLARED, ids=str)
def test_what_a_dependency_brings_along_is_pinned_too(requirement: Requirement) -> None:
    assert needed(requirement, set()) <= PINS.keys()


@pytest.mark.parametrize("name", sorted(PINS))
def test_installed_versions_are_the_pinned_ones(name: str) -> None:
    try:
        assert version(name) == PINS[name]
    except PackageNotFoundError:
        pytest.fail(f"{name} is pinned but nothing needs it")


def test_names_are_pinned_once() -> None:
    assert len(PINS) == len(CONSTRAINTS)


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt", "Makefile"])
def test_no_addresses(name: str) -> None:
    assert "://" not in (ROOT / name).read_text("utf-8")


def test_pyside_stays_below_the_version_that_crashes_python_3_11() -> None:
    (pyside,) = (requirement for requirement in DECLARED if requirement.name == "PySide6-Essentials")
    assert not pyside.specifier.contains("6.12.0")
    assert pyside.specifier.contains("6.11.3")


def test_makefile_and_project_ask_for_the_same_python() -> None:
    required = PROJECT["project"]["requires-python"]
    assert required == ">=3.11"
    assert "sys.version_info < (3, 11)" in (ROOT / "Makefile").read_text("utf-8")
    assert sys.version_info >= (3, 11)


@pytest.mark.parametrize("root", ["playground", "ui"])
def test_every_folder_may_have_no_circle_of_imports(root: str) -> None:
    (circles,) = (contract for contract in CONTRACTS if contract["type"] == "acyclic_siblings")
    assert root in circles["ancestors"]
    # Nothing in it is let off, and its depth reaches every folder.
    assert set(circles) <= {"name", "type", "ancestors", "depth"}
    deepest = max(len(module.relative_to(ROOT / root).parts) for module in (ROOT / root).rglob("*.py"))
    assert deepest <= circles.get("depth", 10)


@pytest.mark.parametrize("root", ["playground", "ui"])
def test_every_room_stands_in_the_order_of_layers(root: str) -> None:
    (layers,) = (contract for contract in CONTRACTS if contract.get("containers") == [root])
    named = {room.strip() for layer in layers["layers"] for room in re.split(r"[|:]", layer)}
    rooms = {folder.parent.name for folder in (ROOT / root).glob("*/__init__.py")}
    assert rooms <= named
    assert layers["exhaustive"]
