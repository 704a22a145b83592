"""The catalog's formulas as compiled loops.

A formula stands once, in the catalog, as a plain function of numbers or arrays. Here its source is read, its numbers
are given the precision of the loop (else Numba would compute in float64), `np` becomes `elementary`, and a loop around
it is written for every member of a family, all under one chain of ifs. So a new activation, loss, regularizer or
optimizer is compiled without anything to add here.
"""

from __future__ import annotations

import ast
import copy
import inspect
import textwrap
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np
from numba import njit
from numba.np.numpy_support import as_dtype

from playground.catalog.activations import Activation, Polynomial
from playground.catalog.choice import Choice
from playground.catalog.losses import Loss
from playground.catalog.optimizers import Optimizer
from playground.catalog.regularizers import Regularizer
from playground.engine.compiled import elementary
from playground.engine.compiled.layout import compiled_members

OPTIONS: dict[str, Any] = {"fastmath": {"contract", "reassoc", "nsz"}, **elementary.INSIDE}
"""Sums may be reordered, so that they become vector code; NaN and infinity mean what they always mean."""
inlined_loop = elementary.overloaded({**OPTIONS, "forceinline": True})


OWN: tuple[type[Choice], ...] = ()
"""Classes from outside the catalog that these kernels know, too; see `own`."""


# One formula ----------------------------------------------------------------------------------------------------


class InPrecision(ast.NodeTransformer):
    """Replaces every number of a formula by a name that holds it in one precision, and drops annotations."""

    def __init__(self, kind: type[np.floating[Any]], known: dict[str, Any], *, fuses: bool) -> None:
        self.kind, self.known, self.fuses = kind, known, fuses
        self.names: dict[str, Any] = {}

    def visit_For(self, node: ast.For) -> ast.AST | list[ast.AST]:
        """Unroll a loop over a table of constants, since only straight-line code becomes vector code.

        For float32, a polynomial gets fewer terms.
        """
        assert isinstance(node.iter, ast.Name)
        table, written_out = self.known[node.iter.id], list[ast.AST]()
        if isinstance(table, Polynomial) and self.kind is np.float32:
            table = table.shortened(float(np.finfo(np.float32).eps) / 16)
        for number in table:
            written_out.append(ast.Assign([node.target], ast.Constant(number)))
            written_out += [copy.deepcopy(line) for line in node.body]
        return [self.visit(line) for line in written_out]

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if isinstance(node.value, bool) or not isinstance(node.value, (int, float)):
            return node
        name = f"number_{len(self.names)}"
        self.names[name] = self.kind(node.value)
        return ast.copy_location(ast.Name(name, ast.Load()), node)

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        """Turn a sum or difference in which one operand is a product into one fused operation."""
        self.generic_visit(node)
        adds = isinstance(node.op, ast.Add)
        if not self.fuses or not (adds or isinstance(node.op, ast.Sub)):
            return node
        a, b = node.left, node.right
        if isinstance(a, ast.BinOp) and isinstance(a.op, ast.Mult):
            return _fused(a.left, a.right, b if adds else ast.UnaryOp(ast.USub(), b))
        if isinstance(b, ast.BinOp) and isinstance(b.op, ast.Mult):
            return _fused(b.left if adds else ast.UnaryOp(ast.USub(), b.left), b.right, a)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.decorator_list, node.returns = [], None
        for argument in node.args.args:
            argument.annotation = None
        # The docstring must not be changed.
        self.generic_visit(node)
        return node


def _fused(*operands: ast.expr) -> ast.AST:
    return ast.Call(ast.Name("fused", ast.Load()), list(operands), [])


def compiled(
    formula: Callable[..., Any], dtype: np.dtype[np.floating], options: dict[str, Any] = elementary.CONTRACT
) -> Any:
    """Compile a formula of the catalog as a function of numbers, or vectors of numbers, in this precision."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(formula)))
    # What the compiler may not fuse is fused here, so that bits do not depend on it.
    transformer = InPrecision(dtype.type, formula.__globals__, fuses="fastmath" not in options)
    tree = ast.fix_missing_locations(transformer.visit(tree))
    scope: dict[str, Any] = {"fused": elementary.fused, **transformer.names}
    for name in formula.__code__.co_names:
        if name in formula.__globals__:
            scope[name] = in_precision(formula.__globals__[name], dtype, options)
    exec(compile(tree, inspect.getfile(formula), "exec"), scope)
    return njit(scope[formula.__name__], **options)


def in_precision(value: Any, dtype: np.dtype[np.floating], options: dict[str, Any]) -> Any:
    """Convert a value that a formula refers to (NumPy, a constant or another formula) to one precision."""
    if value is np:
        return elementary
    if isinstance(value, FunctionType):
        return compiled(value, dtype, options)
    return dtype.type(value) if isinstance(value, (int, float)) else value


# Loops over many numbers ------------------------------------------------------------------------------------------


def chain(
    header: str,
    family: type[Choice],
    formula: str,
    dtype: np.dtype[np.floating],
    body: str,
    *,
    options: dict[str, Any] = elementary.CONTRACT,
    number: str = "number({})",
    **scope: Any,
) -> Any:
    """Return a function with these parameters that runs `body` for the member at the place `kind` of a family.

    In `body`, `f(x, …)` denotes the member's formula; its settings are read from `s` before, each as `number` says.
    """
    scope |= {"number": dtype.type}
    lines = [f"def run({header}):"]
    for place, member in enumerate(compiled_members(family, OWN)):
        scope[f"f{place}"] = compiled(getattr(member, formula), dtype, options)
        line, more = settings_of(getattr(member, formula), number)
        loop = body.replace("f(", f"f{place}(").replace("…", more)
        lines += [f"    {'if' if place == 0 else 'elif'} kind == {place}:", textwrap.indent(line + loop, " " * 8)]
    exec("\n".join(lines), scope)
    return scope["run"]


def settings_of(formula: Callable[..., Any], number: str) -> tuple[str, str]:
    """Return the lines that read a formula's settings, and these settings as arguments."""
    of_the_network = ("z", "a", "w", "g", "o", "t")
    names = [name for name in inspect.signature(formula).parameters if name not in of_the_network]
    lines = "".join(f"{name} = {number.format(f's[{k}]')}\n" for k, name in enumerate(names))
    return lines, "".join(f", {name}" for name in names)


@inlined_loop
def activate(kind: Any, z: Any, a: Any, s: Any) -> Any:
    """Compute a = f(z) for flat arrays, for the activation at the place `kind`, with settings s."""
    body = "for i in range(z.size):\n    a[i] = f(z[i]…)"
    return chain("kind, z, a, s", Activation, "value_of", as_dtype(z.dtype), body)


@inlined_loop
def multiply_by_slope(kind: Any, back: Any, z: Any, a: Any, s: Any) -> Any:
    """Multiply by the slope: back ← back · f′(z), for flat arrays."""
    body = "for i in range(z.size):\n    back[i] = back[i] * f(z[i], a[i]…)"
    return chain("kind, back, z, a, s", Activation, "derivative_of", as_dtype(z.dtype), body)


@inlined_loop
def add_penalty(kind: Any, w: Any, g: Any, s: Any) -> Any:
    """Add the penalty's derivative to g, for flat arrays of weights and gradients."""
    body = "for i in range(w.size):\n    g[i] = g[i] + f(w[i]…)"
    return chain("kind, w, g, s", Regularizer, "gradient_of", as_dtype(w.dtype), body)


@inlined_loop
def loss_values(kind: Any, o: Any, t: Any, losses: Any, s: Any) -> Any:
    """Write the loss of every output into `losses`, for flat arrays (cross-entropy: of one output)."""
    body = "for i in range(o.size):\n    losses[i] = f(o[i], t[i]…)"
    return chain("kind, o, t, losses, s", Loss, "value_of", as_dtype(o.dtype), body)


@inlined_loop
def loss_slope(kind: Any, o: Any, t: Any, back: Any, s: Any) -> Any:
    """Write ∂E/∂o into `back`, for flat arrays."""
    body = "for i in range(o.size):\n    back[i] = f(o[i], t[i]…)"
    return chain("kind, o, t, back, s", Loss, "derivative_of", as_dtype(o.dtype), body)


@inlined_loop
def optimizer_constants(kind: Any, rate: Any, step: Any, settings: Any, constants: Any) -> Any:
    """Write the constants of this update by the optimizer at the place `kind` into `constants`, all in float64."""
    lines, scope = ["def run(kind, rate, step, settings, constants):"], dict[str, Any]()
    for place, member in enumerate(compiled_members(Optimizer, OWN)):
        scope[f"f{place}"] = compiled(member.constants, np.dtype(np.float64))
        count = len(inspect.signature(member.constants).parameters) - 2
        arguments = "".join(f", settings[{k}]" for k in range(count))
        lines += [f"    if kind == {place}:", f"        results = f{place}(rate, step{arguments})"]
        lines += [f"        constants[{k}] = results[{k}]" for k in range(constants_of(member))]
    exec("\n".join(lines), scope)
    return scope["run"]


def constants_of(member: type[Optimizer]) -> int:
    """Return how many constants an optimizer's `update` takes after w, g and the slots."""
    return len(inspect.signature(member.update).parameters) - 2 - len(member.slots)


@inlined_loop
def optimize(kind: Any, w: Any, g: Any, slots: Any, new_w: Any, new_slots: Any, s: Any) -> Any:
    """Write new weights and slots; returns 0, or NaN if one of them is not finite."""
    dtype = as_dtype(w.dtype)
    lines, scope = (
        ["def run(kind, w, g, slots, new_w, new_slots, s):", "    broken = zero"],
        {"zero": dtype.type(0), "number": dtype.type},
    )
    for place, member in enumerate(compiled_members(Optimizer, OWN)):
        scope[f"f{place}"] = compiled(member.update, dtype)
        memory = range(len(member.slots))
        names = [f"s{k}" for k in range(constants_of(member))]
        arguments = ", ".join(["w[i]", "g[i]", *(f"m{k}[i]" for k in memory), *names])
        lines += [f"    if kind == {place}:"]
        lines += [f"        s{k} = number(s[{k}])" for k in range(len(names))]
        lines += [f"        m{k}, n{k} = slots[{k}], new_slots[{k}]" for k in memory]
        lines += ["        for i in range(w.size):", f"            results = f{place}({arguments})"]
        lines += ["            new_w[i] = results[0]", "            broken += results[0] * zero"]
        for k in memory:
            lines += [f"            n{k}[i] = results[{k + 1}]", f"            broken += results[{k + 1}] * zero"]
    exec("\n".join([*lines, "    return broken"]), scope)
    return scope["run"]
