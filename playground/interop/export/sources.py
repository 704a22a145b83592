"""The catalog's formulas as source text and as graphs, so that a new class in the catalog needs no code for exports.

A formula is either quoted, as the source of a function with all definitions it refers to, or traced: called with a
`Traced` value, which records the operations on it.
"""

from __future__ import annotations

import ast
import inspect
import math
import textwrap
from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any, TypeAlias

import numpy as np

from playground.catalog.choice import Choice, listing
from playground.catalog.features import FEATURES
from playground.files.errors import InputError

Definitions: TypeAlias = dict[str, str]
"""Source text by name, each definition after those it needs."""

# Quoting ------------------------------------------------------------------------------------------------------

_TORCH = {
    "abs", "absolute", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "ceil", "clip",
    "copysign", "cos", "cosh", "exp", "exp2", "expm1", "float_power", "floor", "fmax", "fmin", "heaviside", "hypot",
    "isfinite", "isinf", "isnan", "log", "log10", "log1p", "log2", "logaddexp", "logical_and", "logical_not",
    "logical_or", "maximum", "minimum", "negative", "ones_like", "reciprocal", "round", "sign", "sin", "sinc", "sinh",
    "sqrt", "square", "tan", "tanh", "trunc", "where", "zeros_like",
}  # fmt: skip
"""NumPy functions that PyTorch has under the same name."""
_ONLY_TENSORS = {"arctan2", "copysign", "fmax", "fmin", "heaviside", "hypot", "logaddexp", "maximum", "minimum"}
"""Functions in `_TORCH` that accept tensors but no plain numbers."""
_CLAMPS = {"maximum": "min", "minimum": "max"}
_PLACE = ["epoch", "step"]


class _Quoting(ast.NodeTransformer):
    """Rewrites a function so that it stands alone; the definitions it refers to are collected in `needed`.

    In a method of `owner`, a schedule, settings become numbers and attributes of `progress` become parameters:
    `progress.epoch` turns into `epoch`. With `torch`, NumPy functions become PyTorch's.
    """

    def __init__(self, formula: FunctionType, owner: Choice | None, torch: bool, place: list[str]) -> None:
        self.known = {**formula.__globals__, **inspect.getclosurevars(formula).nonlocals}
        self.local = {*formula.__code__.co_varnames, *formula.__code__.co_cellvars}
        self.formula, self.name, self.owner, self.torch, self.place = formula, formula.__qualname__, owner, torch, place
        self.needed: Definitions = {}

    def visit_arguments(self, node: ast.arguments) -> ast.AST:
        names = [one.arg for one in node.args if self.owner is None or one.arg != "self"]
        spread = [name for one in names for name in (self.place if one == "progress" else [one])]
        return ast.arguments([], [ast.arg(name) for name in spread], None, [], [], None, node.defaults)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.decorator_list, node.returns = [], None
        self.generic_visit(node)
        ends = [place for place, line in enumerate(node.body, start=1) if isinstance(line, ast.Return)]
        node.body = node.body[: ends[0]] if ends else node.body
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        assert node.value is not None
        return self.generic_visit(ast.Assign([node.target], node.value))

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        base = node.value.id if isinstance(node.value, ast.Name) else ""
        if base == "progress":
            return ast.Name("STEPS_PER_EPOCH" if node.attr == "steps_per_epoch" else node.attr)
        if base == "self" and self.owner is not None:
            value = getattr(self.owner, node.attr)
            if not callable(value):
                return ast.Constant(value)
            name = f"schedule_{node.attr}"
            self.needed |= quoted(value.__func__, name, owner=self.owner, place=self.place)
            return ast.Name(name)
        number = self._value(node)
        return ast.Constant(number) if self.torch and isinstance(number, float) else self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        value = self.known.get(node.id, self.formula)
        if node.id in self.local or value is self.formula:
            return node
        if value is np or value is math:
            return ast.Name("np" if value is np else "math")
        if _is_numpys(value):
            return ast.Attribute(ast.Name("np"), value.__name__)
        if isinstance(value, FunctionType) or (isinstance(value, type) and issubclass(value, tuple)):
            self.needed |= quoted(value, torch=self.torch, place=self.place)
        elif isinstance(value, (bool, int, float, tuple)):
            self.needed[node.id] = f"{node.id} = {literal(value)}"
        else:
            raise InputError(self.name, node.id, "made of numbers, functions written in Python, and those of NumPy")
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        function, numbers = self._value(node.func), [self._value(one) is not None for one in node.args]
        if self.torch and isinstance(result := self._value(node), (int, float)):
            return ast.Constant(float(result))
        args = [self.visit(new) for one in node.args for new in self._spread(one)]
        node.args, node.keywords = args, [self.visit(one) for one in node.keywords]
        if not (self.torch and _is_numpys(function)):
            node.func = self.visit(node.func)
            return node
        name = node.func.attr if isinstance(node.func, ast.Attribute) else function.__name__
        if name not in _TORCH:
            raise InputError(self.name, name, f"one of the functions that PyTorch has, {listing(sorted(_TORCH))}")
        if name in _CLAMPS and sorted(numbers) == [False, True]:
            return _torch("clamp", args[numbers.index(False)], **{_CLAMPS[name]: args[numbers.index(True)]})
        if name in _ONLY_TENSORS:
            node.args = [_torch("tensor", one) if number else one for one, number in zip(args, numbers, strict=True)]
        return _torch(name, *node.args, **{one.arg or "": one.value for one in node.keywords})

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
        self.generic_visit(node)
        return node if (chosen := self._value(node.test)) is None else node.body if chosen else node.orelse

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        self.generic_visit(node)
        return node if (chosen := self._value(node.test)) is None else node.body if chosen else node.orelse

    def _spread(self, argument: ast.expr) -> list[ast.expr]:
        """The argument itself, or the parameters that replace `progress`."""
        is_place = isinstance(argument, ast.Name) and argument.id == "progress"
        return [ast.Name(name) for name in self.place] if is_place else [argument]

    def _value(self, node: ast.expr) -> Any:
        """The value of an expression without variables of the function; None for any other expression."""
        if any(isinstance(inner, ast.Name) and inner.id in {*self.local, *self.place} for inner in ast.walk(node)):
            return None
        try:
            return eval(compile(ast.fix_missing_locations(ast.Expression(node)), "formula", "eval"), dict(self.known))
        except Exception:  # a formula may refer to anything
            return None


def _torch(name: str, *args: ast.expr, **more: ast.expr) -> ast.Call:
    keywords = [ast.keyword(key, value) for key, value in more.items()]
    return ast.Call(ast.Attribute(ast.Name("torch"), name), list(args), keywords)


def _is_numpys(value: Any) -> bool:
    """Whether a value is a NumPy function."""
    return callable(value) and getattr(np, getattr(value, "__name__", ""), None) is value


def quoted(
    formula: Callable[..., Any],
    name: str = "",
    *,
    words: str = "",
    torch: bool = False,
    owner: Choice | None = None,
    place: list[str] = _PLACE,
    second: str = "",
) -> Definitions:
    """The source of a function, renamed to `name`, and of all it refers to, each after those it needs.

    `words` becomes the docstring if there is none; `second` is an expression that replaces the second parameter. See
    `_Quoting` for the other parameters. Raises InputError for a function that can't be quoted.
    """
    try:
        definition = ast.parse(textwrap.dedent(inspect.getsource(formula))).body[0]
    except (OSError, TypeError, SyntaxError):
        definition = ast.Pass()
    if isinstance(definition, ast.ClassDef):
        definition.body = [line for line in definition.body if isinstance(line, ast.AnnAssign)]
        return {definition.name: ast.unparse(definition)}
    if not isinstance(definition, ast.FunctionDef) or not isinstance(formula, FunctionType):
        raise InputError("formula", getattr(formula, "__qualname__", ""), "a function whose source can be read")
    quoting = _Quoting(formula, owner, torch, place)
    definition.name = name or definition.name
    quoting.visit(definition)
    if second:
        argument, body = definition.args.args.pop(1).arg, definition.body
        if any(isinstance(one, ast.Name) and one.id == argument for line in body for one in ast.walk(line)):
            body.insert(0, ast.parse(f"{argument} = {second}").body[0])
    if words and ast.get_docstring(definition) is None:
        definition.body.insert(0, ast.Expr(ast.Constant(words)))
    return quoting.needed | {definition.name: ast.unparse(ast.fix_missing_locations(definition))}


def literal(value: Any) -> str:
    """A Python literal for a number, a text or a tuple; line breaks in text are escaped."""
    if isinstance(value, tuple):
        return "(\n" + "".join(f"    {entry!r},\n" for entry in value) + ")"
    return repr(float(value) if isinstance(value, np.floating) else value)


def join_definitions(definitions: Mapping[str, str]) -> str:
    """Definitions as one text: constants first, then functions and classes."""
    functions = [text for text in definitions.values() if text.startswith(("def ", "class "))]
    constants = [text for text in definitions.values() if text not in functions]
    return "\n\n\n".join((["\n".join(constants)] if constants else []) + functions)


# Tracing ------------------------------------------------------------------------------------------------------


class Traced(np.lib.mixins.NDArrayOperatorsMixin):
    """A placeholder value that passes every operation on it to `record(operation, operands)`."""

    def __init__(self, record: Callable[[str, tuple[Any, ...]], Any], value: Any) -> None:
        self.record, self.value = record, value

    def __array_ufunc__(self, operation: np.ufunc, method: str, *operands: Any, **options: Any) -> Any:
        return NotImplemented if method != "__call__" or options else self._recorded(operation.__name__, operands)

    def __array_function__(self, function: Callable[..., Any], _: Any, operands: Any, options: Any) -> Any:
        return NotImplemented if options else self._recorded(function.__name__, operands)

    def _recorded(self, operation: str, operands: tuple[Any, ...]) -> Traced:
        given = tuple(one.value if isinstance(one, Traced) else one for one in operands)
        return Traced(self.record, self.record(operation, given))

    def __bool__(self) -> bool:
        raise TypeError("a formula of plain operations, without if")


_SIGNS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}


def feature_text(name: str, module: str) -> str:
    """The formula of a feature in x1 and x2 with functions of `module`, such as `np.sin(x1)`."""

    def record(operation: str, operands: tuple[Any, ...]) -> str:
        texts = [one if isinstance(one, str) else literal(one) for one in operands]
        if operation in _SIGNS:
            return f"({texts[0]} {_SIGNS[operation]} {texts[1]})"
        return f"{module}.{operation}({', '.join(texts)})"

    x1, x2 = (Traced(record, variable) for variable in ("x1", "x2"))
    traced: Any = FEATURES[name].formula(x1, x2)  # type: ignore[arg-type]
    text = str(traced.value)
    return text[1:-1] if text.startswith("(") else text
