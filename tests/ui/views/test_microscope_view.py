"""The microscope shows the numbers of one point's way through the network, and they can be read, found and copied."""

from __future__ import annotations

import dataclasses
import itertools

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtWidgets import QApplication, QToolButton

from playground.catalog.datasets.base import TRAIN, Sample, draw_sample
from playground.catalog.datasets.shapes import Hills, Spiral
from playground.catalog.normalizations import LayerNormalization
from playground.measure.microscope import LayerPass, Microscope
from playground.measure.requests import MicroscopeRequest
from playground.measure.snapshot import Snapshot
from tests.ui import hands
from tests.ui.snapshots import clouds, make_snapshot, with_answers
from ui.look import theme
from ui.views.microscope.equations import Term, backward_blocks, forward_blocks, point_sentence
from ui.views.microscope.sheet import FOLDED_SIZE, Patch
from ui.views.microscope.view import MICROSCOPE_HINT, MicroscopeView


def passes(snapshot: Snapshot, point: int, sizes: tuple[int, ...], seed: int = 0) -> Microscope:
    """The true way of a point through a random network of tanh layers with a linear output."""
    random, points = np.random.default_rng(seed), snapshot.sample
    x, label = points.x[point], points.labels[point]
    units = (2, *sizes, points.outputs)
    W = [random.normal(0, 1, (below, above)).T for below, above in itertools.pairwise(units)]
    b = [random.normal(0, 0.3, size) for size in units[1:]]
    a, z = [x], []
    for place in range(len(W)):
        z.append(W[place] @ a[-1] + b[place])
        a.append(z[-1] if place == len(W) - 1 else np.tanh(z[-1]))
    o = a[-1][:, np.newaxis]
    t = snapshot.loss.targets(np.array([label]), points.outputs, points.task)
    slopes = [np.ones_like(z[-1]) if place == len(W) - 1 else 1 - a[place + 1] ** 2 for place in range(len(W))]
    delta = [snapshot.loss.derivative(o, t)[:, 0] * slopes[-1]]
    for place in reversed(range(len(W) - 1)):
        delta.insert(0, W[place + 1].T @ delta[0] * slopes[place])
    names = [*(str(k + 1) for k in range(len(sizes))), "output"]
    layers = tuple(
        LayerPass(
            names[k], "linear" if k == len(W) - 1 else "tanh", a[k], W[k], b[k], z[k], slopes[k], a[k + 1], delta[k],
            np.outer(delta[k], a[k]), delta[k],
        )
        for k in range(len(W))
    )  # fmt: skip
    return Microscope(point, x, float(label), t[:, 0], o[:, 0], float(snapshot.loss.per_point(o, t)[0]), layers)


def passes_of(snapshot: Snapshot) -> Microscope:
    """What a snapshot has under the microscope."""
    found = snapshot.answer(MicroscopeRequest)
    assert found is not None
    return found


def seen(points: Sample | None = None, sizes: tuple[int, ...] = (4, 3), point: int = 12, seed: int = 0) -> Snapshot:
    """A snapshot with a point under the microscope."""
    snapshot = make_snapshot(points, layers=len(sizes) + 1)
    return with_answers(snapshot, {MicroscopeRequest(point): passes(snapshot, point, sizes, seed)})


def placed(view: MicroscopeView, name: str) -> Patch:
    """The numbers of a term on the sheet, by its name."""
    return next(one for one in view.sheet.patches() if one.kind == "numbers" and one.term.name == name)


def index_of(view: MicroscopeView, name: str, row: int, column: int) -> QModelIndex:
    """A number of a term in the table."""
    patch = placed(view, name)
    return view.sheet.model().index(patch.row + row, patch.column + column)


def place_of(view: MicroscopeView, index: QModelIndex) -> QPoint:
    """The middle of a cell, scrolled into sight."""
    view.sheet.scrollTo(index)
    return view.sheet.visualRect(index).center()


@pytest.fixture
def view(shown) -> MicroscopeView:
    return shown(MicroscopeView(), seen(), (720, 560))


def test_without_a_point_it_says_what_to_do(shown):
    view = shown(MicroscopeView(), make_snapshot())
    assert view.hint.isVisible() and not view.sheet.isVisible()
    assert view.hint.text().startswith(MICROSCOPE_HINT)
    view.show_snapshot(seen())
    assert view.sheet.isVisible() and not view.hint.isVisible()
    view.show_snapshot(make_snapshot())
    assert view.hint.isVisible()


def test_the_sentence_names_point_class_answer_and_loss(shown):
    snapshot = seen()
    view = shown(MicroscopeView(), snapshot, (720, 560))
    microscope = passes_of(snapshot)
    share = 1 / (1 + np.exp(-microscope.output[0]))
    winner, sure = ("class B", share) if share >= 0.5 else ("class A", 1 - share)
    part = "training" if snapshot.sample.split[12] == TRAIN else "validation"
    text = view.shown().sentence
    assert text.startswith(f"Point 12 ({part}; x₁ ")
    assert f"is class {'AB'[int(microscope.label)]}. The network predicts {winner}, probability {sure:.2f}." in text
    assert text.endswith(f"E = {microscope.loss:.3g}.") or "E = " in text


def test_regression_is_told_in_values():
    snapshot = seen(draw_sample(Hills(points=50)))
    words = point_sentence(snapshot, passes_of(snapshot))
    assert "is value " in words and "The network predicts value " in words


def test_forward_goes_from_the_point_to_the_loss_and_backward_to_the_first_layer():
    snapshot = seen()
    assert [block.key for block in forward_blocks(snapshot, passes_of(snapshot))] == [
        "forward", "input", "forward 0", "forward 1", "forward 2", "loss",
    ]  # fmt: skip
    assert [block.key for block in backward_blocks(snapshot, passes_of(snapshot))] == [
        "backward", "backward 2", "backward 1", "backward 0",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "points", [draw_sample(Spiral()), clouds(4), draw_sample(Hills())], ids=["two", "four", "values"]
)
def test_every_equation_holds_for_the_numbers_it_shows(points):
    snapshot = seen(points)
    terms: dict[str, dict[str, np.ndarray]] = {}
    for block in (
        *forward_blocks(snapshot, passes_of(snapshot)),
        *backward_blocks(snapshot, passes_of(snapshot)),
    ):
        terms[block.key] = {p.name: p.values for line in block.lines for p in line if isinstance(p, Term)}
    for place, (a, own) in enumerate((("x", "1"), ("a_{1}", "2"), ("a_{2}", "output"))):
        ahead, back = terms[f"forward {place}"], terms[f"backward {place}"]
        assert ahead[f"W_{{{own}}}"] @ ahead[a] + ahead[f"b_{{{own}}}"] == pytest.approx(ahead[f"z_{{{own}}}"])
        assert back[f"δ_{{{own}}}"] @ back[f"{a}ᵀ"] == pytest.approx(back[f"∂E/∂W_{{{own}}}"])
    hidden, last = terms["backward 1"], terms["backward 2"]
    assert (hidden["W_{output}ᵀ"] @ hidden["δ_{output}"]) * hidden["f′(z_{2})"] == pytest.approx(hidden["δ_{2}"])
    assert last["∂E/∂o"] * last["f′(z_{output})"] == pytest.approx(last["δ_{output}"])


def test_the_formulas_are_those_of_the_lecture():
    snapshot = seen()
    formulas = [block.formula for block in forward_blocks(snapshot, passes_of(snapshot))]
    assert formulas[2] == "z_{1} = W_{1} x + b_{1},   a_{1} = tanh(z_{1})"
    assert formulas[3] == "z_{2} = W_{2} a_{1} + b_{2},   a_{2} = tanh(z_{2})"
    formulas = [block.formula for block in backward_blocks(snapshot, passes_of(snapshot))]
    own, made = "δ_{output} = ∂E/∂o ⊙ f′(z_{output})", "∂E/∂W_{output} = δ_{output} a_{2}ᵀ"
    assert formulas[1] == f"{own},   {made},   ∂E/∂b_{{output}} = δ_{{output}}"
    own, made = "δ_{2} = W_{output}ᵀ δ_{output} ⊙ f′(z_{2})", "∂E/∂W_{2} = δ_{2} a_{1}ᵀ"
    assert formulas[2] == f"{own},   {made},   ∂E/∂b_{{2}} = δ_{{2}}"


def test_features_are_named():
    snapshot = seen()
    experiment = msgspec.structs.replace(snapshot.experiment, features=("x1_squared", "radius"))
    block = forward_blocks(dataclasses.replace(snapshot, experiment=experiment), passes_of(snapshot))[1]
    assert block.formula == "φ(x) = (x₁², radius)"


def with_layers(snapshot: Snapshot, *changes: dict[str, object]) -> Snapshot:
    """The same moment with other settings of the hidden layers."""
    pairs = zip(snapshot.experiment.layers, changes, strict=True)
    layers = tuple(msgspec.structs.replace(layer, **change) for layer, change in pairs)
    return dataclasses.replace(snapshot, experiment=msgspec.structs.replace(snapshot.experiment, layers=layers))


def test_normalization_stands_between_sum_and_activation_both_ways():
    changed = with_layers(seen(), {"normalization": LayerNormalization(), "dropout": 0.5}, {})
    ahead, back = (
        forward_blocks(changed, passes_of(changed)),
        backward_blocks(changed, passes_of(changed)),
    )
    assert ahead[2].formula.startswith("z_{1} = norm(W_{1} x + b_{1})")
    assert "normalized" in ahead[2].note and "dropout acts only in training" in ahead[2].note
    assert back[3].formula.startswith("δ_{1} = norm′(W_{2}ᵀ δ_{2} ⊙ f′(z_{1}))")
    assert "before the normalization" in back[3].note
    assert not back[2].note


def test_a_skip_connection_adds_both_ways():
    changed = with_layers(seen(sizes=(4, 4)), {}, {"skip": True})
    ahead, back = (
        forward_blocks(changed, passes_of(changed)),
        backward_blocks(changed, passes_of(changed)),
    )
    assert ahead[3].formula.endswith("a_{2} = tanh(z_{2}) + a_{1}")
    assert back[3].formula.startswith("δ_{1} = (W_{2}ᵀ δ_{2} + ∂E/∂a_{2}) ⊙ f′(z_{1})")
    last = passes_of(changed).layers[2]
    beside = next(part for part in back[3].lines[0] if isinstance(part, Term) and part.name == "∂E/∂a_{2}")
    assert beside.values[:, 0] == pytest.approx(last.W.T @ last.delta)


def test_a_muted_layer_passes_on_what_comes_in():
    changed = with_layers(seen(sizes=(4, 4)), {}, {"muted": True})
    ahead, back = (
        forward_blocks(changed, passes_of(changed)),
        backward_blocks(changed, passes_of(changed)),
    )
    assert ahead[3].formula == "a_{2} = a_{1}" and "muted" in ahead[3].note
    assert back[2].formula == "δ_{2} = ∂E/∂a_{2},   ∂E/∂W_{2} = 0,   ∂E/∂b_{2} = 0"
    assert back[3].formula.startswith("δ_{1} = δ_{2} ⊙ f′(z_{1})")


def test_one_way_alone_can_be_shown(view):
    for name, first in (("forward", "forward"), ("backward", "backward"), ("both", "forward")):
        button = view.findChild(QToolButton, f"microscope.direction.{name}")
        hands.click(button)
        assert view.shown().blocks[0].key == first
    assert "Backward" in view.sheet.text() and "Forward" in view.sheet.text()


def test_small_matrices_are_whole_and_nothing_offers_to_unfold(view):
    assert not view.unfold.isVisible()
    assert not any(one.kind == "fold" for one in view.sheet.patches())


def test_large_matrices_are_folded_and_say_how_much_is_missing(shown):
    view = shown(MicroscopeView(), seen(sizes=(64, 64)), (720, 560))
    weights = placed(view, "W_{2}")
    assert (weights.rows, weights.columns) == (FOLDED_SIZE, FOLDED_SIZE)
    assert {one.text for one in view.sheet.patches() if one.kind == "fold"} == {"+ 56"}
    assert placed(view, "z_{2}").rows == FOLDED_SIZE
    assert view.unfold.isVisible()


@pytest.mark.parametrize("way", ["mouse", "keys"])
def test_what_is_folded_unfolds_that_layer_only(shown, way):
    view = shown(MicroscopeView(), seen(sizes=(20, 20)), (720, 560))
    mark = index_of(view, "W_{2}", FOLDED_SIZE, 0)
    assert mark.data() == "+ 12"
    if way == "mouse":
        hands.click(view.sheet.viewport(), place_of(view, mark))
    else:
        view.sheet.setFocus()
        view.sheet.setCurrentIndex(index_of(view, "W_{2}", FOLDED_SIZE - 1, 0))
        hands.key(view.sheet, "Down", "Return")
    assert (placed(view, "W_{2}").rows, placed(view, "W_{2}").columns) == (20, 20)
    assert placed(view, "b_{1}").rows == FOLDED_SIZE


def test_all_can_be_unfolded_with_a_key(shown):
    view = shown(MicroscopeView(), seen(sizes=(20, 20)), (720, 560))
    view.unfold.setFocus()
    hands.key(view.unfold, "Space")
    assert placed(view, "b_{1}").rows == 20
    hands.key(view.unfold, "Space")
    assert placed(view, "b_{1}").rows == FOLDED_SIZE


def test_negative_cells_are_orange_and_positive_ones_blue(view):
    weights = placed(view, "W_{1}").term.values
    for value, sign in ((weights.min(), -1), (weights.max(), 1)):
        row, column = (int(k[0]) for k in np.nonzero(weights == value))
        place = place_of(view, index_of(view, "W_{1}", row, column)) - QPoint(18, 7)
        image = view.sheet.viewport().grab().toImage()
        colour = QColor(image.pixel(place))
        assert np.sign(colour.blue() - colour.red()) == sign


def test_a_cell_tells_all_its_digits(view):
    weights = placed(view, "W_{1}").term.values
    for role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
        words = index_of(view, "W_{1}", 2, 1).data(role)
        assert words.removeprefix("<p>").startswith("W_1, row 3, column 2: ")
        assert f"{abs(weights[2, 1]):.8g}" in words
        assert index_of(view, "x", 1, 0).data(role).removeprefix("<p>").startswith("x, x₂: ")


def test_cells_are_selected_with_the_mouse_and_copied_with_ctrl_c(view):
    start, end = (place_of(view, index_of(view, "W_{1}", k, k)) for k in (0, 1))
    hands.drag(view.sheet.viewport(), start, end)
    assert copied_numbers(view) == pytest.approx(placed(view, "W_{1}").term.values[:2, :2])


def test_cells_are_walked_and_selected_with_the_keyboard(view):
    view.sheet.setFocus()
    view.sheet.setCurrentIndex(index_of(view, "W_{1}", 0, 0))
    hands.key(view.sheet, "Down", "Right", "Shift+Down", "Shift+Down")
    assert copied_numbers(view) == pytest.approx(placed(view, "W_{1}").term.values[1:4, 1:])
    hands.key(view.sheet, "Escape")
    assert view.sheet.selected_text() == view.sheet.text()


def copied_numbers(view: MicroscopeView) -> np.ndarray:
    """The numbers that Ctrl+C copies."""
    hands.key(view.sheet, "Ctrl+C")
    lines = QGuiApplication.clipboard().text().splitlines()
    return np.array([[float(cell) for cell in line.split("\t")] for line in lines])


def test_a_double_click_selects_a_matrix(view):
    hands.double_click(view.sheet.viewport(), place_of(view, index_of(view, "W_{1}", 1, 0)))
    assert copied_numbers(view) == pytest.approx(placed(view, "W_{1}").term.values)


def test_with_nothing_selected_everything_is_copied(view):
    view.sheet.setFocus()
    hands.key(view.sheet, "Ctrl+C")
    text = QGuiApplication.clipboard().text()
    assert text == view.sheet.text()
    for words in ("Forward", "z_1 = W_1 x + b_1", "Backward", "∂E/∂W_1 =\n"):
        assert words in text
    hands.key(view.sheet, "Ctrl+A")
    assert view.sheet.selected_text() == text


def test_the_sentence_can_be_selected_too(view):
    assert view.words.textInteractionFlags() & Qt.TextInteractionFlag.TextSelectableByKeyboard


def test_keys_scroll(view):
    bar = view.sheet.verticalScrollBar()
    view.sheet.setFocus()
    assert bar.maximum() > 0
    hands.key(view.sheet, "PageDown", "PageDown")
    assert bar.value() > 0
    hands.key(view.sheet, "Ctrl+Home")
    assert bar.value() == 0


def test_numbers_change_with_the_beat_and_the_view_stays(shown, beat):
    first = seen()
    view = shown(MicroscopeView(), first, (720, 560))
    view.sheet.verticalScrollBar().setValue(100)
    before = view.sheet.text()
    calls: list[int] = []
    show = view.sheet.show_blocks
    view.sheet.show_blocks = lambda blocks: calls.append(1) or show(blocks)
    for seed in range(1, 30):
        view.show_snapshot(seen(first.sample, seed=seed))
        QApplication.processEvents()
    assert not calls
    beat.strike()
    assert len(calls) == 1
    assert view.sheet.text() != before
    assert view.sheet.verticalScrollBar().value() == 100


def test_nothing_is_made_anew_for_the_same_pass(shown, monkeypatch):
    snapshot = seen()
    view = shown(MicroscopeView(), snapshot, (720, 560))
    calls: list[int] = []
    monkeypatch.setattr(view.sheet, "show_blocks", lambda blocks: calls.append(1))
    view.show_snapshot(dataclasses.replace(snapshot, step=99))
    assert calls == []


@pytest.mark.parametrize("sizes", [(), (1,), (3,) * 29])
@pytest.mark.parametrize(
    "points", [draw_sample(Spiral()), clouds(10), draw_sample(Hills())], ids=["two", "ten", "values"]
)
def test_it_survives_any_network(shown, caplog, points, sizes):
    view = shown(MicroscopeView(), seen(points, sizes), (360, 300))
    view.sheet.verticalScrollBar().setValue(view.sheet.verticalScrollBar().maximum())
    view.grab()
    assert not caplog.records


def test_it_survives_a_diverged_network(shown, caplog):
    snapshot = seen()
    layers = tuple(
        one._replace(W=one.W * np.nan, z=one.z * np.inf, delta=one.delta * np.nan) for one in passes_of(snapshot).layers
    )
    broken = passes_of(snapshot)._replace(layers=layers, loss=float("nan"), output=np.array([np.nan]))
    view = shown(MicroscopeView(), with_answers(snapshot, {MicroscopeRequest(0): broken}))
    view.grab()
    assert "not a finite number" in view.shown().sentence
    assert not caplog.records


def test_it_takes_over_a_new_theme_at_once(view, qapp):
    theme.apply(qapp, "dark")
    view.apply_theme()
    QApplication.processEvents()
    assert QColor(view.grab().toImage().pixel(2, 2)).name() == theme.current().surface


def test_everything_has_a_name_and_a_hint(view):
    for button in view.findChildren(QToolButton):
        assert button.objectName() and button.accessibleName() and button.toolTip()
    assert view.accessibleName() and view.sheet.accessibleName()
