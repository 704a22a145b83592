"""The command `describe`: prints families and settings from their declarations, and the JSON schema of experiments."""

from __future__ import annotations

import argparse
import difflib
import json
import sys
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from playground.catalog.choice import Choice, kind_of, listing
from playground.catalog.features import FEATURES
from playground.experiment.applicability import applies_words
from playground.experiment.declarations import Field, field_of, fields_of, is_struct, summary_of
from playground.experiment.reading import readable
from playground.experiment.tree import Experiment
from playground.files.errors import InputError

_WIDTH = 100


def add_describe_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `describe`."""
    parser.add_argument(
        "subject", nargs="?", metavar="FAMILY", help="a family, a group or a setting (default: list them all)"
    )
    parser.add_argument("kind", nargs="?", metavar="KIND", help="one member of the family")
    parser.add_argument("--schema", action="store_true", help="print the JSON schema of experiment files")


def describe(arguments: argparse.Namespace) -> None:
    """Run the command: print a description or the schema."""
    if arguments.schema:
        print(json.dumps(schema(), indent=2, ensure_ascii=sys.stdout.encoding.lower() != "utf-8"))
    else:
        print("\n".join(description(arguments.subject, arguments.kind)))


def description(subject: str | None = None, kind: str | None = None) -> list[str]:
    """Describe a family, one of its members, or a setting, in lines; without a subject, list all of them.

    Raises InputError for an unknown name.
    """
    settings = dict(_settings())
    if subject is None:
        return _overview(settings)
    wanted = subject.replace("[", ".").replace("]", "")
    wanted = ".".join(step for step in wanted.split(".") if not step.isdecimal())
    found = next((path for path in settings if wanted in (path, path.rpartition(".")[2])), None)
    if wanted in ("features", "feature") and kind is None:
        return [*_wrap(settings["features"].help), *_rows({name: one.help for name, one in FEATURES.items()})]
    if found is None:
        raise InputError("FAMILY", subject, _allowed(subject, [*_families(settings), *settings]))
    field = settings[found]
    if kind is None:
        return _about_family(found, field) if field.choices else _about_setting(found, field)
    if not field.choices:
        raise InputError("KIND", kind, f"left out after {subject}, which is not a family")
    member = field.member(kind)
    if member is None:
        raise InputError("KIND", kind, _allowed(kind, map(kind_of, field.choices)))
    return _about_member(found, member)


def _settings(struct: type[msgspec.Struct] = Experiment, place: str = "") -> Iterator[tuple[str, Field]]:
    """Yield every declared field of an experiment with its path, in which positions of layers are left out."""
    for name, field in fields_of(struct).items():
        path = f"{place}.{name}" if place else name
        yield path, field
        inner = field.entry.type if field.entry is not None else field.type
        if is_struct(inner) and not field.choices:
            yield from _settings(inner, path)


def _families(settings: Mapping[str, Field]) -> dict[str, Field]:
    """The fields that are choices from a family, by the name of the field; each family once."""
    families: dict[tuple[type[Choice], ...], tuple[str, Field]] = {}
    for path, field in settings.items():
        if field.choices:
            families.setdefault(field.choices, (path.rpartition(".")[2], field))
    return dict(families.values())


def _overview(settings: Mapping[str, Field]) -> list[str]:
    families = _families(settings)
    rows = {name: listing(map(kind_of, field.choices)) for name, field in families.items()}
    rows["features"] = listing(FEATURES)
    lines = ["Families (describe FAMILY, or FAMILY KIND):", *_rows(rows), "", "Settings (describe PATH):"]
    return lines + _rows({path: _value_words(field) for path, field in settings.items() if _is_plain(field)})


def _is_plain(field: Field) -> bool:
    return not field.choices and not is_struct(field.type) and field.entry is None


def _about_family(path: str, field: Field) -> list[str]:
    lines = [f"{path}: {field.label}", *_wrap(field.help), ""]
    lines += _rows({kind_of(member): summary_of(member) for member in field.choices})
    return [*lines, "", f"Default: {_default_words(field)}." if field.default is not msgspec.NODEFAULT else ""]


def _about_member(path: str, member: type[Choice]) -> list[str]:
    lines = [f"{path}.kind = {kind_of(member)}: {member.label}", *_wrap(summary_of(member))]
    lines += [f"    {line}" for line in textwrap.wrap(member.formula, _WIDTH - 4)]
    for name, field in fields_of(member).items():
        lines += ["", *_about_setting(f"{path}.{name}", field)]
    return lines


def _about_setting(path: str, field: Field) -> list[str]:
    unit = f" ({field.unit})" if field.unit else ""
    lines = [f"{path}: {field.label}{unit}", *_wrap(field.help), f"    {_value_words(field)}"]
    lines += _wrap(applies_words(path))
    inner = field.entry.type if field.entry is not None else field.type
    if is_struct(inner):
        lines += _rows({name: part.label for name, part in fields_of(inner).items()})
    return lines


def _value_words(field: Field) -> str:
    """The allowed values and the default, as files write them."""
    allowed = field.allowed + (", or null" if field.optional else "")
    return allowed if field.default is msgspec.NODEFAULT else f"{allowed}; default {_default_words(field)}"


def _default_words(field: Field) -> str:
    default = field.default
    if isinstance(default, Choice):
        return default.kind
    return json.dumps(msgspec.to_builtins(default), ensure_ascii=False)


def _rows(rows: Mapping[str, str]) -> list[str]:
    """Lines with names in a column and a wrapped text beside each."""
    column = max(map(len, rows), default=0) + 4
    return [
        line
        for name, text in rows.items()
        for line in textwrap.wrap(
            text, _WIDTH, initial_indent=f"  {name:<{column - 2}}", subsequent_indent=" " * column
        )
    ]


def _wrap(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent="    ", subsequent_indent="    ")


def _allowed(given: str, names: Any) -> str:
    """The allowed names in words: those close to `given` if there are any, else all."""
    names = list(dict.fromkeys(names))
    near = difflib.get_close_matches(given, names, 3)
    return f"a name like {listing(near)}; `describe` lists all" if near else f"one of {listing(names)}"


def schema() -> dict[str, Any]:
    """The JSON schema of experiment files. A choice may be written as a bare name, which means its defaults."""
    whole = msgspec.json.schema(readable(Experiment))
    parts = whole["$defs"]
    parts["Experiment"]["required"] = ["version"]
    parts["Experiment"]["properties"]["version"] = {"enum": [1, field_of(Experiment).parts({})["version"].default]}
    _allow_bare_names(whole, parts)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **whole}


def _allow_bare_names(node: Any, parts: Mapping[str, Any]) -> None:
    """Let every choice in a schema be written as the name of a kind, too."""
    if isinstance(node, list):
        for inner in node:
            _allow_bare_names(inner, parts)
    elif isinstance(node, dict):
        for inner in list(node.values()):
            _allow_bare_names(inner, parts)
        kinds = node.get("discriminator", {}).get("mapping")
        if isinstance(kinds, dict):
            node["anyOf"] = [*node["anyOf"], {"enum": list(kinds)}]
