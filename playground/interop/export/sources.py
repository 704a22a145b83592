"""The catalog's formulas as text and as graphs, so that new members of families need no code of their own here.

A formula is either quoted, as the source of a function with all it refers to, or traced: it is called with a `Traced`
value, which notes what is done to it.
"""

from __future__ import annotations

import ast
import base64
import inspect
import textwrap
from collections.abc import Callable, Iterable, Mapping
from types import FunctionType
from typing import Any

import numpy as np

from playground.catalog.choice import Array
from playground.catalog.features import FEATURES
from playground.interop.weights import weight_bytes

# Quoting ------------------------------------------------------------------------------------------------------


class _Plain(ast.NodeTransformer):
    """Removes annotations and decorators from a function."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.decorator_list, node.returns = [], None
        for argument in node.args.args:
            argument.annotation = None
        self.generic_visit(node)
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        assert node.value is not None
        return ast.Assign([node.target], node.value)


def quoted(formula: Callable[..., Any], name: str = "") -> dict[str, str]:
    """The sources of a function, called `name`, and of all it refers to, each after those it needs."""
    assert isinstance(formula, FunctionType)
    tree = ast.parse(textwrap.dedent(inspect.getsource(formula)))
    definition = tree.body[0]
    assert isinstance(definition, ast.FunctionDef)
    definition.name = name or definition.name
    result: dict[str, str] = {}
    for used in _names_in(formula):
        value = formula.__globals__[used]
        if isinstance(value, FunctionType):
            result |= quoted(value)
        elif isinstance(value, (int, float, tuple)):
            result[used] = f"{used} = {literal(value)}"
    text = ast.unparse(ast.fix_missing_locations(_Plain().visit(tree)))
    return result | {definition.name: text}


def _names_in(formula: FunctionType) -> list[str]:
    return [name for name in formula.__code__.co_names if name in formula.__globals__]


def literal(value: Any) -> str:
    """A number, a text or a tuple as Python writes it, which spells out whatever could end a line."""
    if isinstance(value, tuple):
        return "(\n" + "".join(f"    {entry!r},\n" for entry in value) + ")"
    return repr(value)


def join_definitions(definitions: Mapping[str, str]) -> str:
    """Quoted definitions one below the other: first the constants, then the functions."""
    functions = [text for text in definitions.values() if text.startswith("def ")]
    constants = [text for text in definitions.values() if not text.startswith("def ")]
    return "\n\n\n".join((["\n".join(constants)] if constants else []) + functions)


_MOST_READABLE = 400
"""Numbers that are written out; more are packed."""


def numbers(name: str, arrays: Mapping[str, Array]) -> str:
    """A statement that sets `name` to these arrays, exact to the last bit: as numbers if they are few, else packed."""
    if sum(values.size for values in arrays.values()) <= _MOST_READABLE:
        entries = "".join(f"    {key!r}: {_array_text(values)},\n" for key, values in arrays.items())
        return f"{name} = {{\n{entries}}}"
    lines = textwrap.wrap(base64.b64encode(weight_bytes(arrays)).decode(), 110)
    return f'{name} = read("""\n' + "\n".join(lines) + '\n""")'


def _array_text(values: Array) -> str:
    """An array as an expression; every number has as many digits as tell it from all others of its precision."""
    rows = [f"[{', '.join(map(_number_text, row))}]" for row in np.atleast_2d(values)]
    inner = rows[0] if values.ndim < 2 else f"[\n        {f',{chr(10)}        '.join(rows)},\n    ]"
    return f"np.array({inner}, dtype=np.{values.dtype.name})"


def _number_text(value: Any) -> str:
    """A number of an array."""
    return str(value) if np.isfinite(value) else f"np.{value}"


_READ = '''
def read(text):
    """The arrays in a text: an .npz file, as NumPy writes it, in base64."""
    with np.load(io.BytesIO(base64.b64decode(text)), allow_pickle=False) as arrays:
        return dict(arrays)
'''.strip()


def joined(parts: Iterable[str]) -> bytes:
    """A script of parts, the first with its imports; with what reads packed arrays if there are any."""
    head, *rest = (part for part in parts if part)
    if any(" = read(" in part for part in rest):
        head = head.replace("\nimport ", "\nimport base64\nimport io\nimport ", 1)
        first = next(place for place, part in enumerate(rest) if " = read(" in part)
        rest.insert(first, _READ)
        head = head.replace("import io\nimport numpy", "import io\n\nimport numpy")
    return ("\n\n\n".join([head, *rest]) + "\n").encode()


# Tracing ------------------------------------------------------------------------------------------------------


class Traced(np.lib.mixins.NDArrayOperatorsMixin):
    """A placeholder value that passes every operation on it to `record(operation, operands)`."""

    def __init__(self, record: Callable[[str, tuple[Any, ...]], Any], value: Any) -> None:
        self.record, self.value = record, value

    def __array_ufunc__(self, operation: np.ufunc, method: str, *operands: Any, **options: Any) -> Any:
        if method != "__call__" or options:
            return NotImplemented
        given = tuple(one.value if isinstance(one, Traced) else one for one in operands)
        return Traced(self.record, self.record(operation.__name__, given))


_SIGNS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}


def feature_text(name: str, module: str) -> str:
    """The formula of a feature in terms of x1 and x2, with the functions of this module: `np.sin(x1)`."""

    def record(operation: str, operands: tuple[Any, ...]) -> str:
        texts = [one if isinstance(one, str) else literal(one) for one in operands]
        if operation in _SIGNS:
            return f"({texts[0]} {_SIGNS[operation]} {texts[1]})"
        return f"{module}.{operation}({', '.join(texts)})"

    x1, x2 = (Traced(record, variable) for variable in ("x1", "x2"))
    traced: Any = FEATURES[name].formula(x1, x2)  # type: ignore[arg-type]
    text = str(traced.value)
    return text[1:-1] if text.startswith("(") else text
