"""The command `table`: prints how a table is read, what would be learned from it, and what is unclear."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from playground.files.cells import read_cells
from playground.files.errors import one_line
from playground.files.rows import SEPARATORS
from playground.interop.tables import describe_table

_WIDEST_NAME = 40


def add_table_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `table`."""
    parser.add_argument("file", metavar="FILE", help="a table: CSV, TSV or any other text with columns")
    parser.add_argument("--json", action="store_true", help="print one line of JSON")


def table(arguments: argparse.Namespace) -> None:
    """Print how a table is read."""
    found = describe_table(read_cells(Path(arguments.file)))
    print(json.dumps(found, allow_nan=False) if arguments.json else _in_words(arguments.file, found))


def _in_words(file: str, found: dict[str, Any]) -> str:
    """The description of a table as text for people."""
    columns = found["columns"]
    separator = SEPARATORS[found["separator"]]
    decimal = "decimal commas, " if found["decimal"] == "," else ""
    header = "" if found["header"] else ", no header"
    how = f"{separator}, {decimal}{found['encoding']}{header}"
    lines = [f"{Path(file).name}: {found['rows']:,} rows, {len(columns)} columns ({how})", ""]
    roles = {found[role]: role for role in ("target", "x2", "x1")}
    width = max((len(one_line(column["name"], _WIDEST_NAME)) for column in columns), default=0)
    for column in columns:
        missing = f"{column['missing']:,} missing" if column["missing"] else ""
        name = one_line(column["name"], _WIDEST_NAME)
        lines.append(f"  {roles.get(column['name'], ''):<6}  {name:<{width}}  {column['kind']:<6}  {missing}".rstrip())
    lines.append("")
    if found["target"] is not None:
        classes = ", ".join(one_line(name, 24) for name in found["classes"])
        task = f"{len(found['classes'])} classes: {classes}" if found["classes"] else found["task"]
        lines.append(f"The network would learn {found['target']} from {found['x1']} and {found['x2']} ({task}).")
        lines.append(f"{found['used']:,} of {found['rows']:,} rows are used.")
    lines += found["notes"]
    lines += ["", "Unclear:", *(f"  {words}" for words in found["unclear"])] if found["unclear"] else []
    return "\n".join(lines)
