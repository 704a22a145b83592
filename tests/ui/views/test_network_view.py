"""The picture of the network: what is drawn, what hovering reads, and what every gesture asks for."""

from __future__ import annotations

import dataclasses
import itertools
import sys
from collections.abc import Iterator

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QMenu, QToolTip, QWidget

from playground.catalog.activations import LeakyRelu, Linear, Relu, Sigmoid, Tanh
from playground.catalog.datasets.base import Sample, draw_sample
from playground.catalog.datasets.shapes import Hills
from playground.catalog.features import FEATURES, feature_columns
from playground.experiment.tree import Experiment, Layer
from playground.measure.requests import ParametersRequest, UnitMapsRequest, UnitStatesRequest
from playground.measure.snapshot import LayerParameters, LayerStatistics, Snapshot, UnitMaps, UnitStates
from tests.ui import hands
from tests.ui.counting import EventCount
from tests.ui.painted import painted_texts
from tests.ui.parts import part_of
from tests.ui.snapshots import clouds, diverged, make_snapshot, plane_grid, with_answers
from ui.look import theme
from ui.views.network.diagram import INPUTS, SMALLEST, Hit, arrange_diagram, match_layers, structure_of
from ui.views.network.strokes import STEPS, Pens, gradient_looks, gradient_places, weight_looks, weight_pen
from ui.views.network.tiles import colour_numbers, feature_atlas, range_of_activation
from ui.views.network.view import MOST_UNITS, NetworkView
from ui.views.network.wording import NETWORK_HINT
from ui.views.plane.field import ValueRange

SIZE = (420, 600)
SMALL = Experiment(layers=(Layer(5, Tanh(), id="A"), Layer(4, Relu(), id="B")))
DEEP = Experiment(layers=tuple(Layer(64, Tanh()) for _ in range(30)))


def network_snapshot(
    experiment: Experiment = SMALL, points: Sample | None = None, n: int = 24, mapped: list[list[int]] | None = None
) -> Snapshot:
    """A snapshot of a network with random weights, with its maps, parameters and states of units."""
    random = np.random.default_rng(0)
    base = make_snapshot(points, layers=len(experiment.layers) + 1, rows=3)
    x1, x2 = plane_grid(n)
    a = feature_columns(experiment.features, np.stack([x1.ravel(), x2.ravel()], axis=1))
    layers = [*experiment.layers, Layer(base.sample.outputs, Tanh(), id="output")]
    maps, parameters, rows = [], [], []
    for layer in layers:
        W, b = random.normal(0, 1, (layer.units, len(a))), random.normal(0, 0.3, layer.units)
        a = layer.activation(W @ a + b[:, np.newaxis])
        parameters.append(LayerParameters(W, b, W * 1e-3, b * 1e-4))
        maps.append(a.reshape(-1, n, n).astype(np.float32))
        rows.append(LayerStatistics(layer.id or "1", layer.units, layer.activation.kind, 1e-3, 1e-3, 1.0, 1e-3, 0.25))
    held = [np.arange(layer.units) if mapped is None else np.array(mapped[k]) for k, layer in enumerate(layers)]
    states = tuple(UnitStates(np.zeros(layer.units, bool), np.zeros(layer.units, bool)) for layer in layers)
    seen = UnitMaps(tuple(held), tuple(one[units] for one, units in zip(maps, held, strict=True)))
    answers = {ParametersRequest(): tuple(parameters), UnitStatesRequest(): states, UnitMapsRequest(n): seen}
    return dataclasses.replace(base, experiment=experiment, layers=tuple(rows), answers={**base.answers, **answers})


def with_maps(snapshot: Snapshot, changed: dict[int, np.ndarray]) -> Snapshot:
    """The same moment with other maps in some layers."""
    known = snapshot.answer(UnitMapsRequest)
    values = tuple(changed.get(place, values) for place, values in enumerate(known.values))
    return with_answers(snapshot, {UnitMapsRequest(24): known._replace(values=values)})


def replaced(snapshot: Snapshot, layer: int, **arrays: object) -> Snapshot:
    """The same moment with other parameters in one layer."""
    parameters = list(snapshot.answer(ParametersRequest))
    parameters[layer] = parameters[layer]._replace(**arrays)
    return with_answers(snapshot, {ParametersRequest(): tuple(parameters)})


def mapped(view: NetworkView) -> tuple[tuple[int, ...], ...]:
    """The units of each layer whose maps the view requests."""
    (units,) = (one.units for one in view.requests if isinstance(one, UnitMapsRequest))
    return units


def canvas(view: NetworkView) -> QWidget:
    """The picture itself, which has the keyboard."""
    return hands.control(view, "network.diagram")


def editor(view: NetworkView) -> QWidget:
    """What a weight or bias is edited with."""
    return hands.control(view, "network.editor")


def part(view: NetworkView, name: str) -> QWidget:
    """A part of the editor."""
    return hands.control(view, f"network.editor.{name}")


@pytest.fixture
def view(shown) -> NetworkView:
    """A small network, trained for a moment."""
    view = NetworkView()
    view.show_experiment(SMALL)
    return shown(view, network_snapshot(), SIZE)


@pytest.fixture(autouse=True)
def no_paint_fails(monkeypatch) -> Iterator[None]:
    """A paint that fails is told through the hook for faults; here it fails the test."""
    faults: list[BaseException] = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, error, trace: faults.append(error))
    yield
    assert not faults


def heard(signal) -> list:
    """What a signal says from now on."""
    said: list = []
    signal.connect(lambda *values: said.append(values if len(values) != 1 else values[0]))
    return said


# What is drawn ------------------------------------------------------------------------------------------------


def test_an_experiment_is_drawn_before_any_snapshot(shown):
    view = NetworkView()
    view.show_experiment(SMALL)
    shown(view, None, SIZE)
    view.grab()
    assert [layer.units for layer in view.shown().structure.layers] == [5, 4, 1]
    assert not view.shown().places.unit(1, 3).isEmpty()


def test_a_snapshot_alone_is_drawn_as_well(shown):
    view = shown(NetworkView(), network_snapshot(), SIZE)
    assert [layer.name for layer in view.shown().structure.layers] == ["A", "B", "output"]


def test_columns_run_from_inputs_to_output_without_overlap(view):
    tiles = [view.shown().places.unit(place, 0) for place in range(INPUTS, 3)]
    assert all(left.right() < right.left() for left, right in itertools.pairwise(tiles))
    for place, units in ((0, 5), (1, 4)):
        rects = [view.shown().places.unit(place, unit) for unit in range(units)]
        assert all(upper.bottom() < lower.top() for upper, lower in itertools.pairwise(rects))


def middle_colour(view: NetworkView, layer: int, unit: int) -> str:
    return view.grab().toImage().pixelColor(view.shown().places.unit(layer, unit).center().toPoint()).name()


def test_a_unit_shows_its_map_in_the_fields_colours_with_x2_upwards(view):
    n = 24
    up = np.repeat(np.linspace(-1, 1, n, dtype=np.float32)[:, np.newaxis], n, axis=1)
    snapshot = network_snapshot()
    view.show_snapshot(with_maps(snapshot, {0: np.stack([up] * 5)}))
    rect = view.shown().places.unit(0, 2)
    image = view.grab().toImage()
    top = image.pixelColor((rect.center() - QPointF(0, 0.42 * rect.height())).toPoint())
    bottom = image.pixelColor((rect.center() + QPointF(0, 0.42 * rect.height())).toPoint())
    assert top.blue() > top.red() and bottom.red() > bottom.blue()


def test_every_map_finds_its_unit_when_only_some_are_there(view):
    some = network_snapshot(mapped=[[4, 1], [0], [0]])
    low, high = -np.ones((24, 24), np.float32), np.ones((24, 24), np.float32)
    view.show_snapshot(with_maps(some, {0: np.stack([low, high])}))
    look = theme.current()
    assert middle_colour(view, 0, 4) == look.field_low
    assert middle_colour(view, 0, 1) == look.field_high
    assert middle_colour(view, 0, 0) == look.field_middle


def test_bounded_activations_have_their_own_range_and_others_that_of_the_map():
    assert range_of_activation(Tanh()) == ValueRange(0, 1)
    assert range_of_activation(Sigmoid()) == ValueRange(0.5, 0.5)
    assert range_of_activation(Relu()) is None and range_of_activation(Linear()) is None
    off = np.zeros((1, 4, 4), np.float32)
    assert (colour_numbers(off, None) == 128).all()
    ramp = np.linspace(0, 7, 16, dtype=np.float32).reshape(1, 4, 4)
    numbers = colour_numbers(ramp, None)
    assert numbers.min() == 128 and numbers.max() == 255
    assert colour_numbers(np.full((1, 2, 2), np.nan, np.float32), None).tolist() == [[[128, 128], [128, 128]]]


def test_outputs_of_several_classes_are_in_the_colours_of_their_classes(shown):
    snapshot = network_snapshot(points=clouds(3))
    sure = np.ones((3, 24, 24), np.float32)
    view = shown(NetworkView(), with_maps(snapshot, {2: sure}), SIZE)
    colours = {middle_colour(view, 2, unit) for unit in range(3)}
    assert len(colours) == 3
    assert {theme.current().field_low, theme.current().field_high} <= colours


def test_inputs_have_maps_of_their_own():
    atlas = feature_atlas(theme.current())
    assert atlas.count == len(FEATURES)
    assert atlas.image.height() == len(FEATURES) * atlas.image.width()


def test_weights_are_coloured_by_sign_and_widened_by_size():
    look = theme.current()
    looks = weight_looks(np.array([2.0, 0.1, -0.1, -2.0, np.nan]), 2.0)
    assert looks[0] == STEPS and looks[3] == -STEPS and looks[4] == 0
    assert 0 < looks[1] < looks[0] and looks[2] == -looks[1]
    assert weight_pen(1.0, True, look).color().name() == look.classes[1]
    assert weight_pen(1.0, False, look).color().name() == look.classes[0]
    assert weight_pen(1.0, True, look).widthF() > 3 * weight_pen(0.1, True, look).widthF()


def test_gradients_have_the_scale_of_all_pictures():
    places = gradient_places(np.array([1e-8, -(10**-3.5), 10.0, 0.0, np.nan]))
    assert places[:4] == pytest.approx([0, 0.5, 1, 0]) and np.isnan(places[4])
    assert gradient_looks(np.array([np.nan, 1e-9, 1e3])).tolist() == [0, 1, 24]
    assert Pens("gradients").pen(24).color().green() > Pens("gradients").pen(1).color().green()


def wire_colour(view: NetworkView, name: str, place: tuple[int, int]) -> QColor:
    """The colour of a wire, without the text's around the one that is pointed at."""
    return view.grab().toImage().pixelColor(view.shown().places.wire(name, place).toPoint())


def test_a_switch_recolours_the_wires_by_their_gradients(shown):
    one = Experiment(layers=(Layer(1, Tanh(), id="A"),), features=("x1",))
    snapshot = network_snapshot(one)
    snapshot = replaced(snapshot, 1, W=np.array([[2.0]]), gradient_W=np.array([[10.0]]))
    view = shown(NetworkView(), snapshot, SIZE)
    blue = wire_colour(view, "W1", (0, 0))
    assert blue.blue() > blue.red()
    hands.push(view, "network.gradients")
    assert view.shown().wires == "gradients"
    yellow = wire_colour(view, "W1", (0, 0))
    assert yellow.red() > 150 and yellow.green() > 150 and yellow.blue() < 130
    hands.push(view, "network.weights")
    assert wire_colour(view, "W1", (0, 0)) == blue


def test_wires_follow_the_weights(view, qtbot):
    before = wire_colour(view, "W2", (0, 1))
    W = network_snapshot().answer(ParametersRequest)[2].W.copy()
    W[0, 1] = -3.0 if W[0, 1] > 0 else 3.0
    view.show_snapshot(replaced(network_snapshot(), 2, W=W))
    qtbot.waitUntil(lambda: wire_colour(view, "W2", (0, 1)) != before)


def test_what_looks_the_same_is_not_painted_again(view, beat):
    moment = network_snapshot()
    view.show_snapshot(moment)
    beat.strike()
    QApplication.processEvents()
    paints = EventCount(canvas(view), QEvent.Type.Paint)
    view.show_snapshot(dataclasses.replace(moment, step=moment.step + 1))
    QApplication.processEvents()
    assert paints.count == 0
    view.show_snapshot(with_maps(moment, {0: moment.answer(UnitMapsRequest).values[0] / 2}))
    QApplication.processEvents()
    assert paints.count == 1
    view.show_snapshot(replaced(moment, 1, b=-moment.answer(ParametersRequest)[1].b))
    QApplication.processEvents()
    assert paints.count == 2


def test_dead_and_dropped_units_are_marked_and_explained(view, qtbot):
    snapshot = network_snapshot()
    plain = middle_colour(view, 1, 0)
    states = snapshot.answer(UnitStatesRequest)
    dead = states[1]._replace(dead=np.array([True, False, False, False]))
    dropped = states[0]._replace(dropped=np.array([True, False, False, False, False]))
    view.show_snapshot(with_answers(snapshot, {UnitStatesRequest(): (dropped, dead, states[2])}))
    qtbot.waitUntil(lambda: "crossed: slope 0 on the latest batch" in view.shown().reading)
    assert "hatched: dropped" in view.shown().reading
    assert middle_colour(view, 1, 0) == theme.current().danger != plain


def test_frozen_and_muted_layers_are_marked_and_explained(shown, qtbot):
    layers = (Layer(2, Tanh(), id="A", trainable=False), Layer(2, Tanh(), id="B", muted=True))
    view = shown(NetworkView(), network_snapshot(Experiment(layers=layers)), SIZE)
    qtbot.waitUntil(lambda: "lock: frozen" in view.shown().reading and "dashed: muted" in view.shown().reading)
    hands.hover(view, view.shown().places.header(0).center())
    assert "frozen" in view.shown().reading
    hands.hover(view, view.shown().places.header(1).center())
    assert "muted" in view.shown().reading


# Hovering -----------------------------------------------------------------------------------------------------


def test_hovering_a_unit_names_it_and_asks_to_magnify_it(view):
    said = heard(view.magnified)
    hands.hover(view, view.shown().places.unit(1, 2).center())
    assert said[-1] == (1, 2)
    bias = network_snapshot().answer(ParametersRequest)[1].b[2]
    assert view.shown().reading.startswith("B3: ReLU, bias ")
    assert f"{abs(bias):.3f}"[:4] in view.shown().reading
    assert "25.0 % of the layer dead" in view.shown().reading
    hands.leave(view, view.shown().places.unit(1, 2).center())
    assert said[-1] is None
    assert view.shown().reading == NETWORK_HINT


def test_hovering_a_wire_or_a_bias_reads_its_value_and_gradient(view):
    W = np.zeros((4, 5))
    W[1, 2] = 0.482
    gradient = np.full((4, 5), 1.2e-4)
    view.show_snapshot(replaced(network_snapshot(), 1, W=W, gradient_W=gradient, b=np.full(4, -0.25)))
    hands.hover(view, view.shown().places.wire("W1", (1, 2)))
    assert view.shown().reading == "w: A3 → B2 = 0.482, ∂E/∂w = 1.2e-4"
    hands.hover(view, view.shown().places.bias(1, 3).center())
    assert view.shown().reading.startswith("b: B4 = −0.250, ∂E/∂b = ")


def test_wires_from_inputs_bear_their_names_and_go_to_the_right_column_of_W(shown):
    swapped = msgspec.structs.replace(SMALL, features=("x2", "sin_x1", "x1"))
    view = shown(NetworkView(), network_snapshot(swapped), SIZE)
    for source, label in enumerate(("x₂", "sin x₁", "x₁")):
        hands.hover(view, view.shown().places.wire("W0", (0, source)))
        assert view.shown().reading.startswith(f"w: {label} → A1 = ")
        hands.hover(view, view.shown().places.unit(INPUTS, source).center())
        assert view.shown().reading.startswith(f"{label}: ")


def test_every_wire_can_be_found(view):
    for name, shape in (("W0", (5, 2)), ("W1", (4, 5)), ("W2", (1, 4))):
        for place in np.ndindex(shape):
            assert isinstance(view.shown().places.wire(name, place), QPointF)
    with pytest.raises(LookupError):
        view.shown().places.wire("W0", (9, 0))


def test_before_a_snapshot_nothing_is_known_and_nothing_fails(shown):
    view = NetworkView()
    view.show_experiment(SMALL)
    shown(view, None, SIZE)
    hands.hover(view, view.shown().places.wire("W1", (0, 0)))
    assert view.shown().reading == "w: A1 → B1 = –, ∂E/∂w = –"
    hands.click(view, view.shown().places.wire("W1", (0, 0)))
    assert not editor(view).isVisible()


# Clicks -------------------------------------------------------------------------------------------------------


def test_clicking_an_input_switches_it_off(view):
    said = heard(view.feature_toggled)
    hands.click(view, view.shown().places.unit(INPUTS, 1).center())
    assert said == [("x2", False)]


@pytest.mark.parametrize("way", ["mouse", "keys"])
def test_other_inputs_wait_in_a_list_that_stays_open(view, way):
    said = heard(view.feature_toggled)
    button = hands.control(view, "network.inputs")
    assert button.text() == "8 more…"
    hands.click(button)
    inputs = view.findChild(QMenu, "network.inputs.list")
    assert [entry.text() for entry in inputs.actions() if entry.isChecked()] == ["x₁", "x₂"]
    if way == "mouse":
        hands.choose_entry(inputs, "sin x₁")
        hands.choose_entry(inputs, "x₂")
    else:
        hands.key(inputs, *["Down"] * 6, "Space", *["Up"] * 4, "Space")
    assert said == [("sin_x1", True), ("x2", False)]
    assert inputs.isVisible()
    view.show_experiment(msgspec.structs.replace(SMALL, features=("x1", "sin_x1")))
    assert [entry.text() for entry in inputs.actions() if entry.isChecked()] == ["x₁", "sin x₁"]
    hands.key(inputs, "Escape")
    assert not inputs.isVisible()


def test_the_button_for_inputs_stands_below_them_whatever_the_size(view):
    button = hands.control(view, "network.inputs")
    for features in (("x1",), tuple(FEATURES)):
        view.show_experiment(msgspec.structs.replace(SMALL, features=features))
        for size in ((260, 260), (420, 600), (1200, 900)):
            view.resize(*size)
            place = button.geometry().translated(canvas(view).pos())
            last = view.shown().places.units_seen(INPUTS)[-1]
            assert place.top() > view.shown().places.unit(INPUTS, last).bottom()
            assert canvas(view).geometry().contains(place)
            assert place.width() >= button.sizeHint().width()
    assert button.text() == "Inputs…"


def test_the_last_input_stays(shown):
    view = shown(NetworkView(), network_snapshot(msgspec.structs.replace(SMALL, features=("x1",))), SIZE)
    said = heard(view.feature_toggled)
    hands.click(view, view.shown().places.unit(INPUTS, 0).center())
    assert not said
    assert "at least one" in view.shown().reading


def test_long_names_of_activations_are_whole_over_six_layers(shown):
    experiment = Experiment(layers=tuple(Layer(6, LeakyRelu(), id=name) for name in "ABCDEF"))
    view = NetworkView()
    view.show_experiment(experiment)
    shown(view, network_snapshot(experiment), (462, 440))
    names = [text for text, _ in painted_texts(view)]
    assert names.count("Leaky ReLU") == 6, names


def test_the_buttons_of_a_header_ask_for_units(view):
    said = heard(view.units_asked)
    hands.click(view, view.shown().places.units_button(0, more=True).center())
    hands.click(view, view.shown().places.units_button(1, more=False).center())
    assert said == [(0, 6), (1, 3)]


def test_clicking_a_button_fast_counts_every_click(view):
    said = heard(view.units_asked)
    place = view.shown().places.units_button(0, more=True).center()
    hands.double_click(view, place)
    assert len(said) == 2


def test_a_layer_keeps_at_least_one_unit_and_at_most_so_many(shown):
    layers = (Layer(1, Tanh(), id="A"), Layer(MOST_UNITS, Tanh(), id="B"))
    view = NetworkView()
    view.show_experiment(Experiment(layers=layers))
    shown(view, None, SIZE)
    said = heard(view.units_asked)
    hands.click(view, view.shown().places.units_button(0, more=False).center())
    hands.click(view, view.shown().places.units_button(1, more=True).center())
    assert not said


def test_plus_between_columns_asks_for_a_layer_there(view):
    said = heard(view.layer_asked)
    for position in range(3):
        hands.click(view, view.shown().places.insertion(position).center())
    assert said == [0, 1, 2]


def test_double_clicking_a_header_opens_its_layer(view):
    said = heard(view.layer_opened)
    hands.double_click(view, view.shown().places.header(1).center() + QPointF(0, 18))
    hands.double_click(view, view.shown().places.header(2).center() + QPointF(0, 18))
    assert said == [1]


# The editor ---------------------------------------------------------------------------------------------------


def test_clicking_a_wire_opens_an_editor_whose_enter_commits(view):
    W = np.full((4, 5), 0.5)
    view.show_snapshot(replaced(network_snapshot(), 1, W=W))
    said = heard(view.weight_edited)
    hands.click(view, view.shown().places.wire("W1", (2, 3)))
    assert editor(view).isVisible()
    entry = part(view, "entry")
    assert entry.accessibleName() == "Weight" and entry.text() == "0.5"
    hands.type_text("-1.25", entry)
    hands.key(entry, "Return")
    assert said == [("W1", (2, 3), -1.25, "weight A4 → B3", False)]
    assert not editor(view).isVisible()
    assert canvas(view).hasFocus()


def test_clicking_a_bias_edits_it(view):
    view.show_snapshot(replaced(network_snapshot(), 0, b=np.full(5, 0.125)))
    said = heard(view.weight_edited)
    hands.click(view, view.shown().places.bias(0, 1).center())
    entry = part(view, "entry")
    assert entry.accessibleName() == "Bias" == part(view, "slider").accessibleName()
    hands.type_text("1", entry)
    hands.key(entry, "Return")
    assert said == [("b0", (1,), 1.0, "bias of A2", False)]


def test_escape_puts_the_old_value_back(view):
    view.show_snapshot(replaced(network_snapshot(), 0, b=np.full(5, 0.125)))
    said = heard(view.weight_edited)
    hands.click(view, view.shown().places.bias(0, 1).center())
    hands.key(part(view, "entry"), "Up")
    assert said[-1][2] != 0.125
    hands.key(part(view, "entry"), "Escape")
    assert said[-1][2] == 0.125 and said[-1][4] is False
    assert not editor(view).isVisible()


def test_escape_after_typing_only_changes_nothing(view):
    said = heard(view.weight_edited)
    hands.click(view, view.shown().places.bias(0, 1).center())
    hands.type_text("77", part(view, "entry"))
    hands.key(part(view, "entry"), "Escape")
    assert not said


def test_dragging_the_slider_changes_the_value_on_the_way(view):
    view.show_snapshot(replaced(network_snapshot(), 0, b=np.full(5, 0.0)))
    said = heard(view.weight_edited)
    hands.click(view, view.shown().places.bias(0, 0).center())
    slider = part(view, "slider")
    middle = slider.rect().center()
    hands.drag(slider, middle, middle + QPoint(30, 0))
    assert all(edit[4] for edit in said[:-1]) and said[-1][4] is False
    assert said[-1][2] > 0.5


def test_a_number_that_is_there_already_is_no_edit(view):
    view.show_snapshot(replaced(network_snapshot(), 0, b=np.full(5, 0.125)))
    said = heard(view.weight_edited)
    hands.click(view, view.shown().places.bias(0, 1).center())
    hands.type_text("0.125", part(view, "entry"))
    hands.key(part(view, "entry"), "Return")
    assert not said and not editor(view).isVisible()


def test_refused_text_keeps_the_editor_open(view):
    said = heard(view.weight_edited)
    hands.click(view, view.shown().places.bias(0, 0).center())
    for text in ("lots", "0,5", "2,500"):
        part(view, "entry").selectAll()
        hands.type_text(text, part(view, "entry"))
        hands.key(part(view, "entry"), "Return")
        assert editor(view).isVisible() and not said
    assert part(view, "entry").toolTip().startswith("<p>2,500 can mean 2500 or 2.5; type one of them.")


def test_clicking_elsewhere_keeps_what_was_typed_and_closes(view):
    said = heard(view.weight_edited)
    hands.click(view, view.shown().places.bias(0, 0).center())
    hands.type_text("2", part(view, "entry"))
    hands.click(view, view.shown().places.unit(1, 3).center())
    assert [edit[2] for edit in said] == [2.0]
    assert not editor(view).isVisible()


def test_left_and_right_walk_through_the_parameters_of_a_unit(view):
    hands.click(view, view.shown().places.bias(1, 0).center())
    captions = []
    for _ in range(6):
        captions.append(editor(view).caption.text())
        hands.key(part(view, "entry"), "Right")
    weights = [f"Weight A{k + 1} → B1" for k in range(5)]
    assert captions == ["Bias of B1", *weights]
    assert editor(view).caption.text() == "Bias of B1"
    hands.key(part(view, "entry"), "Left")
    assert editor(view).caption.text() == "Weight A5 → B1"
    hands.click(part(view, "next"))
    assert editor(view).caption.text() == "Bias of B1"


def test_the_editor_follows_training_until_a_person_types(view, qtbot):
    def with_bias(value: float) -> Snapshot:
        return replaced(network_snapshot(), 0, b=np.full(5, value))

    view.show_snapshot(with_bias(0.125))
    hands.click(view, view.shown().places.bias(0, 0).center())
    view.show_snapshot(with_bias(0.375))
    qtbot.waitUntil(lambda: part(view, "entry").text() == "0.375")
    hands.type_text("9", part(view, "entry"))
    view.show_snapshot(with_bias(0.625))
    hands.let_pass(300, "the entry would follow within it")
    assert part(view, "entry").text() == "9"


def test_the_editor_stays_inside_the_view(view):
    for place in (view.shown().places.bias(0, 4), view.shown().places.bias(2, 0), view.shown().places.bias(0, 0)):
        hands.click(view, place.center())
        assert view.rect().contains(editor(view).geometry())
        hands.key(part(view, "entry"), "Escape")


@pytest.mark.parametrize(("units", "apart"), [(6, 8), (48, 5), (300, 5)])
def test_buttons_of_close_layers_stay_with_their_own(shown, units: int, apart: int):
    view = NetworkView()
    experiment = Experiment(layers=(Layer(units, Tanh()),) * 6)
    view.show_experiment(experiment)
    shown(view, size=SIZE)
    for place in range(3):
        places = view.shown().places
        more, fewer = places.units_button(place, more=True), places.units_button(place + 1, more=False)
        assert fewer.left() - more.right() >= apart


@pytest.mark.parametrize("size", [SIZE, (900, 420)])
def test_the_editor_hides_nothing_of_the_wire_it_edits(view, size):
    view.resize(*size)
    for unit, source in np.ndindex(4, 5):
        hands.click(view, view.shown().places.wire("W1", (unit, source)))
        over = QRectF(editor(view).geometry())
        assert view.rect().contains(over.toRect())
        assert not any(over.contains(point) for point in view.shown().places.parameter(Hit("wire", 1, unit, source)))
        hands.key(part(view, "entry"), "Escape")


def test_a_tooltip_stands_on_the_line_below_and_only_where_that_is_cut(view, qtbot):
    states = network_snapshot().answer(UnitStatesRequest)
    dead = states[1]._replace(dead=np.array([True, False, False, False]))

    def with_bias(value: float) -> Snapshot:
        shot = replaced(network_snapshot(), 1, b=np.full(4, value))
        return with_answers(shot, {UnitStatesRequest(): (states[0], dead, states[2])})

    def rest_on_unit(width: int) -> None:
        view.resize(width, 600)
        QApplication.processEvents()
        place = view.shown().places.unit(1, 0).center()
        hands.hover(view, place)
        hands.rest(view, place)

    view.show_snapshot(with_bias(0.125))
    rest_on_unit(700)
    assert not QToolTip.isVisible(), "the line below says it"
    rest_on_unit(300)
    qtbot.waitUntil(lambda: "bias 0.125" in QToolTip.text())
    (label,) = (one for one in QApplication.topLevelWidgets() if one.inherits("QTipLabel") and one.isVisible())
    assert label.y() >= view.mapToGlobal(view.findChild(QWidget, "network.diagram").geometry().bottomLeft()).y()
    view.show_snapshot(with_bias(0.375))
    qtbot.waitUntil(lambda: "bias 0.375" in QToolTip.text())
    hands.hover(view, view.shown().places.unit(0, 0).center())
    qtbot.waitUntil(lambda: not QToolTip.isVisible())


def test_the_editor_closes_when_its_weight_is_gone(view):
    said = heard(view.weight_edited)
    hands.click(view, view.shown().places.bias(1, 3).center())
    view.show_experiment(Experiment(layers=SMALL.layers[:1]))
    assert not editor(view).isVisible() and not said


# The keyboard -------------------------------------------------------------------------------------------------


def test_arrow_keys_move_the_selection_and_say_so(view):
    said = heard(view.magnified)
    before = view.findChild(QWidget, "network.gradients")
    before.setFocus()
    hands.key(before, "Tab")
    assert said == [(0, 0)]
    hands.key(canvas(view), "Down", "Down", "Right")
    assert said[-1][0] == 1
    assert "Selected: B" in canvas(view).accessibleDescription()
    assert view.shown().reading.startswith("B")
    hands.key(canvas(view), "Home")
    assert said[-1] is None
    assert "Selected: x" in canvas(view).accessibleDescription()
    hands.key(canvas(view), "End")
    assert said[-1] == (2, 0)


def test_a_unit_is_shown_only_while_the_keyboard_is_at_it(view):
    said, before = heard(view.magnified), view.findChild(QWidget, "network.gradients")
    before.setFocus()
    hands.key(before, "Tab")
    hands.key(canvas(view), "Down", "Shift+Tab")
    assert not canvas(view).hasFocus() and said == [(0, 0), (0, 1), None]
    hands.key(QApplication.focusWidget(), "Tab")
    assert said[-1] == (0, 1), "the keyboard comes back to where it was"
    hands.key(canvas(view), "Return")
    assert editor(view).isVisible() and said[-1] == (0, 1), "what is edited stays on show"


def test_enter_edits_the_bias_of_the_unit_that_is_selected(view):
    hands.click(view, view.shown().places.unit(1, 1).center())
    hands.key(canvas(view), "Return")
    assert editor(view).isVisible()
    assert editor(view).caption.text() == "Bias of B2"


def test_keys_ask_for_units_and_layers_and_settings(view):
    units, layers, opened = heard(view.units_asked), heard(view.layer_asked), heard(view.layer_opened)
    toggled = heard(view.feature_toggled)
    hands.click(view, view.shown().places.unit(1, 1).center())
    hands.key(canvas(view), "Plus", "Minus", "Insert", "F2")
    assert (units, layers, opened) == ([(1, 5), (1, 3)], [2], [1])
    hands.key(canvas(view), "Home", "PageUp", "Return")
    assert toggled == [("x1", False)]


def test_space_is_left_to_the_window(view):
    toggled = heard(view.feature_toggled)
    hands.click(view, view.shown().places.unit(1, 1).center())
    hands.key(canvas(view), "Home", "Space")
    assert not toggled


def test_it_describes_itself_in_words(shown):
    layers = tuple(Layer(8, Tanh()) for _ in range(3))
    view = shown(NetworkView(), network_snapshot(Experiment(layers=layers)), SIZE)
    assert view.accessibleName() == "Network"
    assert view.accessibleDescription() == "2 inputs, 3 hidden layers of 8, 8, 8 units, 1 output"


def test_every_control_has_a_name_and_a_tooltip(view):
    for name in ("weights", "gradients", "reading", "editor.entry", "editor.slider", "editor.previous", "editor.next"):
        widget = view.findChild(QWidget, f"network.{name}")
        assert widget is not None
    for name in ("weights", "gradients", "reading", "editor.previous", "editor.next"):
        widget = view.findChild(QWidget, f"network.{name}")
        assert widget.accessibleName() and widget.toolTip()


# Folding and panning ------------------------------------------------------------------------------------------


@pytest.fixture
def deep(shown) -> NetworkView:
    view = NetworkView()
    view.show_experiment(DEEP)
    return shown(view, network_snapshot(DEEP), (360, 600))


def test_a_wide_layer_folds_and_only_what_is_seen_is_requested(deep):
    seen = deep.shown().places.units_seen(0)
    assert 8 <= len(seen) < 64
    assert deep.shown().places.unit(0, 0).width() >= SMALLEST >= 20
    assert not deep.shown().places.chip(0).isEmpty()
    assert {type(one) for one in deep.requests} == {UnitMapsRequest, ParametersRequest, UnitStatesRequest}
    assert mapped(deep)[0] == tuple(seen)
    assert mapped(deep)[20] == ()


@pytest.mark.parametrize("gesture", ["click", "scroll", "keys"])
def test_other_units_of_a_folded_layer_can_be_seen(deep, gesture):
    said = heard(deep.requests_changed)
    before = deep.shown().places.units_seen(0)
    if gesture == "click":
        hands.click(deep, deep.shown().places.chip(0).center())
    elif gesture == "scroll":
        hands.wheel(deep, -1, deep.shown().places.unit(0, 3).center())
    else:
        hands.click(deep, deep.shown().places.unit(0, before[-1]).center())
        hands.key(canvas(deep), "Down", "Down")
    after = deep.shown().places.units_seen(0)
    assert after.start > before.start
    assert said and mapped(deep)[0] == tuple(after)


def test_the_chip_comes_round_to_the_first_units(deep):
    for _ in range(10):
        hands.click(deep, deep.shown().places.chip(0).center())
        if deep.shown().places.units_seen(0).start == 0:
            break
    assert deep.shown().places.units_seen(0).start == 0


@pytest.mark.parametrize("gesture", ["drag", "scroll", "overview", "keys"])
def test_a_deep_network_can_be_moved_along(deep, gesture):
    before = deep.shown().places.unit(0, 0).left()
    if gesture == "drag":
        hands.drag(deep, QPointF(250, 300), QPointF(60, 300))
    elif gesture == "scroll":
        hands.wheel(deep, -3, QPointF(250, 300), sideways=True)
    elif gesture == "overview":
        hands.click(deep, deep.shown().places.overview().center())
        assert 0 < deep.shown().places.unit(15, 0).left() < deep.width()
    else:
        hands.click(deep, deep.shown().places.unit(0, 0).center())
        hands.key(canvas(deep), "End")
        assert deep.rect().contains(deep.shown().places.unit(30, 0).toRect())
    assert deep.shown().places.unit(0, 0).left() < before - 50
    deep.grab()
    assert mapped(deep)[0] == () or gesture in ("drag", "scroll")


def test_a_drag_is_no_click(deep):
    said = heard(deep.units_asked)
    button = deep.shown().places.units_button(2, more=True).center()
    hands.drag(deep, button, button - QPointF(100, 0))
    assert not said


def test_a_network_that_fits_has_no_overview(view):
    assert view.shown().places.overview().isEmpty()


@pytest.mark.parametrize("size", [(330, 420), (420, 600), (700, 800), (1200, 500)])
@pytest.mark.parametrize("layers", [0, 1, 3, 12, 30])
def test_tiles_never_get_too_small_and_stay_apart(size, layers):
    experiment = Experiment(layers=tuple(Layer(9, Tanh()) for _ in range(layers)))
    diagram = arrange_diagram(structure_of(experiment, 1, "Tanh"), *size, {})
    for column in diagram.columns:
        assert column.tile >= 20
        assert column.pitch >= column.tile + 2 or column.shown == 1
        assert column.rect(column.first).top() >= 58
        assert column.rect(column.seen[-1]).bottom() <= size[1]
    lefts = [column.x - column.tile / 2 for column in diagram.columns]
    rights = [column.x + column.tile / 2 for column in diagram.columns]
    assert all(left - right >= 20 for right, left in zip(rights, lefts[1:], strict=False))


def test_only_the_largest_of_very_many_wires_are_drawn(shown):
    wide = Experiment(layers=tuple(Layer(64, Tanh()) for _ in range(9)))
    view = shown(NetworkView(), network_snapshot(wide), (900, 900))
    strokes = part_of(view, "network.diagram").drawing.strokes
    assert len(strokes.drawn) > 2000 == strokes.drawn.sum()


# Other moments ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("experiment", [Experiment(), Experiment(layers=(Layer(1, Tanh()),)), SMALL, DEEP])
def test_it_survives_networks_of_all_sizes(shown, experiment):
    view = NetworkView()
    view.show_experiment(experiment)
    shown(view, None, (360, 500))
    view.grab()
    view.show_snapshot(network_snapshot(experiment))
    view.grab()
    view.resize(240, 280)
    view.grab()
    view.resize(1200, 900)
    view.grab()


def test_it_survives_a_snapshot_that_holds_nothing(shown):
    view = shown(NetworkView(), make_snapshot(rows=1), SIZE)
    view.grab()
    view.show_snapshot(make_snapshot(layers=30))
    view.grab()


def test_it_survives_a_diverged_network(view):
    whole = network_snapshot()
    snapshot = dataclasses.replace(diverged(whole), answers=whole.answers)
    broken = tuple(
        LayerParameters(*(np.full_like(array, np.nan if k % 2 else np.inf) for k, array in enumerate(layer)))
        for layer in snapshot.answer(ParametersRequest)
    )
    view.show_snapshot(with_answers(snapshot, {ParametersRequest(): broken}))
    view.grab()
    hands.hover(view, view.shown().places.wire("W1", (0, 0)))
    assert "w: A1 → B1 = ∞" in view.shown().reading
    hands.click(view, view.shown().places.wire("W1", (0, 0)))
    hands.key(part(view, "entry"), "Escape")


def test_untrained_gradients_are_dashes(view):
    nothing = np.full((4, 5), np.nan)
    view.show_snapshot(replaced(network_snapshot(), 1, gradient_W=nothing))
    hands.push(view, "network.gradients")
    view.grab()
    hands.hover(view, view.shown().places.wire("W1", (0, 0)))
    assert view.shown().reading.endswith("∂E/∂w = –")


def test_regression_and_several_classes_are_drawn(shown):
    view = shown(NetworkView(), network_snapshot(points=draw_sample(Hills(points=50))), SIZE)
    view.grab()
    view.show_snapshot(network_snapshot(points=clouds(4)))
    view.grab()
    assert view.shown().structure.layers[-1].units == 4


def test_snapshots_of_an_older_shape_fill_in_what_matches(view):
    old = network_snapshot()
    new = Experiment(
        layers=(SMALL.layers[0], Layer(3, Tanh(), id="C"), Layer(6, Relu(), id="B")), features=("x2", "x1")
    )
    view.show_experiment(new)
    view.show_snapshot(old)
    view.grab()
    # A has kept its weights, and its inputs have changed places.
    hands.hover(view, view.shown().places.wire("W0", (0, 0)))
    assert view.shown().reading.startswith(f"w: x₂ → A1 = {number(old.answer(ParametersRequest)[0].W[0, 1])}")
    # C is new, so that neither it nor what comes from it is known.
    hands.hover(view, view.shown().places.wire("W2", (0, 0)))
    assert view.shown().reading == "w: C1 → B1 = –, ∂E/∂w = –"
    hands.hover(view, view.shown().places.unit(2, 3).center())
    assert f"bias {number(old.answer(ParametersRequest)[1].b[3])}" in view.shown().reading
    hands.hover(view, view.shown().places.unit(2, 5).center())
    assert "bias –" in view.shown().reading


def number(value: float) -> str:
    """A number as the view writes it."""
    from ui.look.numbers import number_text

    return number_text(float(value))


def test_layers_are_matched_by_id_else_by_place():
    a, b, c = Layer(2, id="A"), Layer(3, id="B"), Layer(4, id="C")
    assert match_layers(Experiment(layers=(b, a)), Experiment(layers=(a, b))) == (1, 0, 2)
    assert match_layers(Experiment(layers=(a, c)), Experiment(layers=(a, b))) == (0, None, 2)
    assert match_layers(Experiment(layers=(a,)), Experiment(layers=(Layer(2),))) == (0, 1)
    assert match_layers(Experiment(layers=(Layer(2),) * 2), Experiment(layers=(Layer(2),))) == (None, None, 1)


def test_an_experiment_keeps_its_shape_until_the_next_whatever_snapshots_say(view):
    wider = Experiment(layers=(Layer(7, Tanh(), id="A"), SMALL.layers[1]))
    view.show_experiment(wider)
    view.show_snapshot(network_snapshot())
    assert view.shown().structure.layers[0].units == 7
    view.show_snapshot(network_snapshot(wider))
    assert view.shown().structure.layers[0].units == 7


def test_what_is_requested_follows_the_structure(view):
    said = heard(view.requests_changed)
    view.show_experiment(Experiment(layers=(Layer(7, Tanh(), id="A"), SMALL.layers[1])))
    assert said
    assert mapped(view) == (tuple(range(7)), tuple(range(4)), (0,))


def test_hiding_the_view_ends_what_was_going_on(view):
    said, magnified = heard(view.weight_edited), heard(view.magnified)
    hands.hover(view, view.shown().places.unit(0, 0).center())
    hands.click(view, view.shown().places.bias(0, 0).center())
    hands.key(part(view, "entry"), "Up")
    view.hide()
    assert said[-1][4] is False
    assert magnified[-1] is None


def test_it_takes_over_a_new_theme_at_once(view, qapp):
    theme.apply(qapp, "dark")
    view.apply_theme()
    image = view.grab().toImage()
    assert image.pixelColor(1, 1).name() == theme.current().surface
    assert (
        image.pixelColor(view.shown().places.insertion(1).center().toPoint() + QPoint(0, 30)).name()
        == theme.current().surface
    )
