"""Form rows on real widgets, by real mouse and key events."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QMenu, QToolButton, QVBoxLayout, QWidget

from playground import Experiment, Layer, Training
from playground.catalog.activations import Selu
from playground.catalog.choice import Choice, setting
from playground.catalog.datasets.shapes import Circle, TiltedPlane
from playground.catalog.losses import CrossEntropy, Huber
from playground.catalog.optimizers import Adam, Momentum, Nadam, RmsProp, Sgd
from playground.catalog.regularizers import L1, L2, ElasticNet
from playground.catalog.schedules import OneCycle
from playground.experiment.declarations import Field, fields_of, with_distinct_labels
from playground.experiment.paths import with_value
from tests.ui import hands
from tests.ui.painted import painted_texts
from ui.forms.bars import Bar
from ui.forms.controls import Combo
from ui.forms.edits import SETTLE_MILLISECONDS, Edits
from ui.forms.rows import ChoiceRow, Form, NumberRow, formula_lines, member_tip, row_for
from ui.look import theme
from ui.look.theme import px


class Stopping(msgspec.Struct, frozen=True):
    """Stops when nothing gets better."""

    patience: Annotated[int, setting("Patience", "How many epochs to wait.", ge=1, le=1000, slider=(1, 100))] = 20


class Everything(msgspec.Struct, frozen=True):
    """One field of each kind."""

    whole: Annotated[int, setting("Whole", "A count.", ge=1, le=4096, scale="log", slider=(1, 64))] = 4
    number: Annotated[float, setting("Number", "A rate.", ge=0, le=1e9, scale="log", slider=(1e-5, 10))] = 0.01
    share: Annotated[float, setting("Share", "A share.", ge=0, lt=1, slider=(0, 0.9))] = 0.25
    bare: Annotated[int, setting("Bare", "No slider.", ge=0, le=2**53 - 1)] = 0
    flag: Annotated[bool, setting("Flag", "On or off.")] = True
    few: Annotated[Literal["one", "two"], setting("Few", "One of two.")] = "one"
    many: Annotated[Literal["monday", "tuesday", "wednesday"], setting("Many", "A day.")] = "monday"
    maybe: Annotated[float, setting("Maybe", "A limit.", gt=0, le=100, scale="log", slider=(0.01, 10))] | None = None
    maybe_day: Annotated[Literal["monday", "tuesday"] | None, setting("Maybe day", "A day or none.")] = None
    text: Annotated[str, setting("Text", "A name.")] = ""
    choice: Adam | Sgd | Momentum | RmsProp = Adam()
    maybe_choice: L1 | L2 | None = None
    group: Stopping | None = None


class Listener:
    """Holds a value as a session does: takes what a form asks for and shows it back."""

    def __init__(self, form: Form, value: Any) -> None:
        self.form, self.value, self.echo = form, value, True
        self.asked: list[tuple[str, Any, bool]] = []
        form.edited.connect(self.take)
        form.show_value(value)

    def take(self, path: str, value: Any, changing: bool) -> None:
        self.asked.append((path, value, changing))
        self.value = with_value(self.value, path.removeprefix("it."), value)
        if self.echo:
            self.form.show_value(self.value)

    def find(self, name: str) -> Any:
        widget = self.form.findChild(QWidget, f"it.{name}")
        assert widget is not None, name
        return widget


@pytest.fixture
def it(qtbot) -> Listener:
    form = Form(Everything, "it")
    qtbot.addWidget(form)
    form.resize(300, 700)
    form.show()
    qtbot.waitExposed(form)
    return Listener(form, Everything())


def test_the_menu_of_a_row_names_the_setting_that_it_resets(it: Listener) -> None:
    it.form.rows["choice"].ask(Sgd())
    hands.ask_for_menu(it.form.rows["choice"], QPoint(5, 5))
    hands.choose_entry(hands.control(it.form, "row.menu", QMenu), "Reset choice to Adam")
    assert it.value.choice == Adam()


# Every kind of row --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [("whole", "12", 12), ("number", "1e-3", 1e-3), ("share", "0.5", 0.5), ("bare", "7", 7), ("text", "abc", "abc")],
)
def test_typing_edits(it: Listener, name: str, text: str, value: object) -> None:
    hands.fill(it.find(name), text)
    assert getattr(it.value, name) == value
    assert [changing for *_, changing in it.asked] == [False]


@pytest.mark.parametrize("name", ["whole", "number", "share", "bare"])
@pytest.mark.parametrize(("text", "one", "other"), [("2,500", "2500", "2.5"), ("5 %", "5", "0.05")])
def test_a_number_that_can_be_read_in_two_ways_is_no_edit(
    it: Listener, name: str, text: str, one: str, other: str
) -> None:
    hands.fill(it.find(name), text)
    assert it.asked == [] and it.find(name).property("invalid")
    assert it.find(name).toolTip().startswith(f"<p>{text} can mean {one} or {other}; type one of them.")


def test_leaving_an_entry_takes_the_text_over(it: Listener) -> None:
    hands.fill(it.find("share"), "0.5", Qt.Key.Key_Tab)
    assert it.value.share == 0.5


def test_a_switch_edits(it: Listener) -> None:
    hands.click(it.find("flag"), QPoint(12, 12))
    assert it.value.flag is False
    assert it.asked == [("it.flag", False, False)]


def test_few_short_names_are_segments_and_more_are_a_combo_box(it: Listener) -> None:
    button = it.find("few.two")
    assert isinstance(button, QToolButton)
    hands.click(button)
    assert it.value.few == "two"
    days = it.find("many")
    assert isinstance(days, QComboBox)
    hands.key(days, "Down")
    assert it.value.many == "tuesday"


def test_a_number_that_can_be_off_has_a_switch(it: Listener) -> None:
    assert not it.find("maybe").isEnabled()
    assert it.find("maybe").text() == "off"
    hands.click(it.find("maybe.on"), QPoint(12, 12))
    assert it.value.maybe == 1
    hands.fill(it.find("maybe"), "5")
    assert it.value.maybe == 5
    hands.click(it.find("maybe.on"), QPoint(12, 12))
    assert it.value.maybe is None


def test_a_name_that_can_be_open_has_an_item_for_it(it: Listener) -> None:
    row = it.form.rows["maybe_day"]
    row.ask("tuesday")
    assert it.value.maybe_day == "tuesday"
    row.ask(None)
    assert it.value.maybe_day is None


def test_a_choice_shows_its_own_parameters(it: Listener) -> None:
    assert it.find("choice.beta1").isVisible()
    combo = it.find("choice")
    hands.key(combo, "Down")
    assert it.value.choice == Sgd()
    assert it.form.findChild(QWidget, "it.choice.beta1") is None
    hands.key(combo, "Down")
    assert it.value.choice == Momentum()
    hands.fill(it.find("choice.momentum"), "0.5")
    assert it.value.choice == Momentum(momentum=0.5)


def test_another_kind_starts_from_its_own_defaults_and_the_present_one_keeps_its_settings(it: Listener) -> None:
    combo = it.find("choice")
    combo.setCurrentText("Momentum")
    hands.fill(it.find("choice.momentum"), "0.5")
    combo.setCurrentText("Momentum")
    assert it.value.choice == Momentum(momentum=0.5)
    combo.setCurrentText("RMSProp")
    assert it.value.choice == RmsProp()


def test_a_choice_that_can_be_nothing_has_an_item_for_it(it: Listener) -> None:
    combo = it.find("maybe_choice")
    assert combo.currentText() == "Off"
    hands.key(combo, "Down")
    assert it.value.maybe_choice == L1()
    hands.key(combo, "Up")
    assert it.value.maybe_choice is None


def test_a_group_that_can_be_off_unfolds_its_rows(it: Listener) -> None:
    assert not it.form.rows["group"].form.isVisible()
    hands.click(it.find("group"), QPoint(12, 12))
    assert it.value.group == Stopping()
    hands.fill(it.find("group.patience"), "5")
    assert it.value.group == Stopping(patience=5)


def test_showing_emits_nothing(it: Listener) -> None:
    it.form.show_value(
        Everything(
            whole=9, number=0.0, share=0.1, bare=3, flag=False, few="two", many="wednesday", maybe=2.0,
            maybe_day="tuesday", text="x", choice=RmsProp(), maybe_choice=L2(), group=Stopping(3),
        )
    )  # fmt: skip
    assert it.asked == []
    assert it.find("whole").text() == "9"
    assert it.find("choice").currentText() == "RMSProp"
    assert it.find("group.patience").text() == "3"
    assert not it.find("flag").isChecked()


def test_an_unknown_kind_of_field_gets_no_row() -> None:
    field = Field("points", "Points", "", tuple[float, ...], None, False, ())
    assert row_for(field, "points") is None


# Sliders ------------------------------------------------------------------------------------------------------


def test_a_fast_mouse_asks_for_no_more_than_a_frame_can_show(it: Listener) -> None:
    slider = it.find("number.slider")
    start = slider.handle().center().toPoint()
    hands.press(slider, start)
    for move in range(100):
        hands.move(slider, start + QPoint(move % 40, 0))
        QApplication.processEvents()
    hands.release(slider, start + QPoint(10, 0))
    # A hundred moves in a fraction of a second; the last place always counts.
    assert 2 <= len(it.asked) < 50
    assert [more for *_, more in it.asked][-1] is False


def test_one_drag_is_several_changes_and_exactly_one_end(it: Listener) -> None:
    hands.drag_handle(it.find("number.slider"), 0.9, pace=20)
    changing = [more for *_, more in it.asked]
    assert changing.count(True) > 2
    assert changing.count(False) == 1
    assert changing[-1] is False
    assert it.asked[-1][1] == it.asked[-2][1] == it.value.number > 0.1
    assert float(it.find("number").text()) == it.value.number


def test_many_moves_in_one_turn_of_the_event_loop_are_one_edit(qtbot, it: Listener) -> None:
    slider = it.find("number.slider")
    hands.press(slider, slider.handle().center().toPoint())
    for x in range(20, 60):
        slider._follow(x)
    assert len(it.asked) == 1
    qtbot.waitUntil(lambda: len(it.asked) == 2)
    hands.release(slider)
    assert it.asked[-1][2] is False


def test_pressing_the_handle_without_moving_changes_nothing(it: Listener) -> None:
    slider = it.find("number.slider")
    hands.click(slider, slider.handle().center().toPoint())
    assert it.asked == []


def test_a_press_beside_the_handle_brings_it_there(it: Listener) -> None:
    slider = it.find("share.slider")
    hands.click(slider, QPoint(round(slider.x_of(1.0)), 12))
    assert it.value.share == 0.9


def test_what_is_shown_meanwhile_does_not_move_a_held_handle(it: Listener) -> None:
    slider = it.find("number.slider")
    hands.drag_handle(slider, 0.9, let_go=False)
    held = slider.value()
    it.form.show_value(with_value(it.value, "number", 1e-4))
    assert slider.value() == held
    hands.release(slider)
    assert it.asked[-1][2] is False
    assert it.value.number == it.asked[-1][1]


def test_the_far_left_means_zero_where_zero_is_allowed(it: Listener) -> None:
    hands.drag_handle(it.find("number.slider"), 0.0)
    assert it.value.number == 0
    hands.drag_handle(it.find("whole.slider"), 0.0)
    assert it.value.whole == 1


def test_a_double_click_on_slider_or_label_resets(it: Listener) -> None:
    it.form.show_value(Everything(number=5.0, share=0.5))
    it.value = Everything(number=5.0, share=0.5)
    hands.double_click(it.find("number.label"))
    assert it.value.number == 0.01
    slider = it.find("share.slider")
    hands.double_click(slider, slider.handle().center().toPoint())
    assert it.value.share == 0.25


def test_arrow_keys_on_a_slider_are_one_run(qtbot, it: Listener) -> None:
    slider = it.find("share.slider")
    slider.setFocus()
    for _ in range(3):
        hands.key(slider, "Right")
    assert all(more for *_, more in it.asked)
    qtbot.waitUntil(lambda: bool(it.asked) and not it.asked[-1][2])
    assert [more for *_, more in it.asked].count(False) == 1
    assert it.value.share > 0.25


def test_a_slider_set_by_other_means_edits_too(it: Listener) -> None:
    it.find("share.slider").setValue(1000)
    assert it.value.share == 0.9
    assert [more for *_, more in it.asked] == [False]


# Entries ------------------------------------------------------------------------------------------------------


def test_the_wheel_steps_only_with_the_focus(it: Listener) -> None:
    for name in ("number", "number.slider", "whole"):
        it.form.setFocus()
        hands.wheel(it.find(name), 1)
        assert it.asked == []
    entry = it.find("number")
    entry.setFocus()
    hands.wheel(entry, 2)
    assert it.value.number > 0.01
    entry.clearFocus()
    assert it.asked[-1][2] is False


def test_the_wheel_leaves_combo_boxes_without_focus_alone(it: Listener) -> None:
    it.form.setFocus()
    hands.wheel(it.find("choice"), -1)
    assert it.asked == []


def test_arrow_keys_step_an_entry(qtbot, it: Listener) -> None:
    entry = it.find("whole")
    entry.setFocus()
    hands.key(entry, "Up")
    assert it.value.whole == 5
    hands.key(entry, "Down")
    hands.key(entry, "Down")
    qtbot.waitUntil(lambda: it.value.whole == 3)
    assert entry.text() == "3"


def test_an_edit_elsewhere_ends_the_run_before(it: Listener) -> None:
    entry = it.find("whole")
    entry.setFocus()
    hands.key(entry, "Up")
    it.find("flag").setChecked(False)
    it.find("share.slider").setValue(0)
    assert [(path, more) for path, _, more in it.asked if path == "it.whole"] == [
        ("it.whole", True),
        ("it.whole", False),
    ]
    assert it.asked[-1][0] == "it.share"


def test_an_undo_during_a_run_voids_it(qtbot, it: Listener) -> None:
    entry = it.find("whole")
    entry.setFocus()
    hands.key(entry, "Up")
    it.form.show_value(Everything())
    count = len(it.asked)
    hands.let_pass(SETTLE_MILLISECONDS + 100, "the run would end as an edit")
    assert len(it.asked) == count
    assert entry.text() == "4"


def test_the_echo_of_an_edit_moves_neither_cursor_nor_text(it: Listener) -> None:
    entry = it.find("number")
    hands.fill(entry, "2e-2")
    assert it.value.number == 0.02
    assert entry.text() == "2e-2"
    assert entry.cursorPosition() == 4
    entry.clearFocus()
    assert entry.text() == "0.02"


def test_what_is_shown_meanwhile_does_not_disturb_typing(it: Listener) -> None:
    entry = it.find("number")
    entry.setFocus()
    entry.selectAll()
    hands.type_text("0.0", entry)
    it.form.show_value(Everything(share=0.5))
    assert entry.text() == "0.0"
    hands.type_text("5", entry)
    hands.key(entry, "Return")
    assert it.value.number == 0.05


def test_another_value_takes_the_place_of_what_is_being_typed(it: Listener) -> None:
    entry = it.find("number")
    for typed in ("0.0", "nonsense"):
        entry.setFocus()
        entry.selectAll()
        hands.type_text(typed, entry)
        it.form.show_value(Everything(number=3.0))
        assert entry.text() == "3" and not entry.property("invalid")
        entry.clearFocus()
        assert it.asked == [], "what was typed is about another value"
        it.form.show_value(Everything())


@pytest.mark.parametrize("text", ["-1", "1", "abc", "", "nan", "1e400"])
def test_what_is_not_allowed_is_refused_visibly_and_forgotten_on_leaving(it: Listener, text: str) -> None:
    entry = it.find("share")
    entry.setFocus()
    entry.selectAll()
    hands.key(entry, "Delete")
    hands.type_text(text, entry)
    hands.key(entry, "Return")
    assert it.asked == []
    assert entry.property("invalid")
    assert entry.toolTip().startswith("<p>Must be ")
    entry.clearFocus()
    assert entry.text() == "0.25"
    assert not entry.property("invalid")


def test_escape_forgets_what_was_typed(it: Listener) -> None:
    hands.fill(it.find("share"), "0.5", Qt.Key.Key_Escape)
    assert it.asked == []
    assert it.find("share").text() == "0.25"


# All together -------------------------------------------------------------------------------------------------


def test_every_control_has_a_name_a_tooltip_and_a_buddy(it: Listener) -> None:
    it.form.show_value(Everything(group=Stopping(), maybe_choice=L1()))
    for row in it.form.findChildren(QWidget):
        for widget in getattr(row, "controls", {}).values():
            assert widget.accessibleName(), widget.objectName()
            assert widget.toolTip(), widget.objectName()
            assert row.caption.buddy() is not None


def test_tooltips_say_help_range_and_default(it: Listener) -> None:
    tip = it.find("share").toolTip()
    assert "A share." in tip
    assert "of at least 0 and below 1" in tip
    assert "Default: 0.25" in tip
    combo = it.find("choice")
    assert "w ← w − η g" in combo.itemData(1, Qt.ItemDataRole.ToolTipRole)


def test_a_setting_without_effect_is_off_and_says_why_where_it_has_room_and_to_the_ear(qtbot) -> None:
    form = Form(type(Circle()), "data")
    qtbot.addWidget(form)
    form.show()
    form.show_value(Circle())
    entry, slider, row = (form.findChild(QWidget, f"data.label_noise{part}") for part in ("", ".slider", ".label"))
    form.show_obstacles(Experiment(data=TiltedPlane()))
    assert not entry.isEnabled() and not row.isEnabled() and not slider.isVisible()
    assert {"no classes"} <= {label.text() for label in form.findChildren(QLabel) if label.isVisible()}
    assert "This is regression" in entry.toolTip() and "This is regression" in entry.accessibleDescription()
    form.show_obstacles(Experiment(data=Circle()))
    assert entry.isEnabled() and slider.isVisible() and "regression" not in entry.toolTip()


def test_a_value_that_cannot_be_chosen_is_off_in_its_list_and_says_why(qtbot) -> None:
    row = row_for(fields_of(Experiment)["loss"], "loss")
    qtbot.addWidget(row)
    row.show_value(None)
    row.show_obstacles(Experiment(data=TiltedPlane()))
    place = row.combo.findText("Cross-entropy")
    assert not row.combo.model().index(place, 0).flags() & Qt.ItemFlag.ItemIsEnabled
    assert "does not suit regression" in row.combo.itemData(place, Qt.ItemDataRole.ToolTipRole)
    hands.key(row.combo, "Down")
    assert row.combo.currentText() == "Squared error"
    row.show_obstacles(Experiment())
    assert row.combo.model().index(place, 0).flags() & Qt.ItemFlag.ItemIsEnabled
    assert row.combo.itemData(place, Qt.ItemDataRole.ToolTipRole) == member_tip(CrossEntropy)


def test_switching_kinds_to_and_fro_leaks_no_widgets(it: Listener) -> None:
    combo = it.find("choice")
    counts = []
    for turn in range(20):
        for index in range(combo.count()):
            combo.setCurrentIndex(index)
        counts.append(len(it.form.findChildren(QWidget)))
        assert turn == 0 or counts[-1] == counts[0]


def test_declarations_are_read() -> None:
    fields = fields_of(Training)
    assert fields["clip_norm"].optional
    assert fields["clip_norm"].type is float
    assert fields["learning_rate"].label == "Learning rate η"
    assert all(issubclass(kind, Choice) for kind in fields["optimizer"].choices)
    assert fields["optimizer"].help.startswith("Decides how far each weight moves, given its gradient.")
    assert fields_of(Experiment)["loss"].optional


def test_an_edit_that_never_ended_does_not_outlive_its_row(qtbot) -> None:
    row = row_for(fields_of(Layer)["units"], "units")
    assert isinstance(row, NumberRow)
    row.show_value(4)
    row.edits.change(5)
    with qtbot.waitSignal(row.destroyed):
        row.deleteLater()
        del row
    other = Edits(QApplication.instance())
    other.make(1)
    other.deleteLater()


def test_rows_of_equal_label_are_told_apart() -> None:
    row = row_for(fields_of(Experiment)["regularizer"], "regularizer")
    assert isinstance(row, ChoiceRow)
    row.combo.setCurrentIndex(0)
    row.show_value(ElasticNet())
    labels = [inner.field.label for inner in row.forms[ElasticNet].rows.values()]
    assert labels == ["L1 strength λ₁", "L2 strength λ₂"]
    twins = {name: fields_of(Training)["learning_rate"] for name in ("one", "other")}
    assert [field.label for field in with_distinct_labels(twins).values()] == [
        "Learning rate η (one)",
        "Learning rate η (other)",
    ]
    row.deleteLater()


# Formulas -----------------------------------------------------------------------------------------------------


def test_the_formula_of_the_chosen_member_stands_below_it(it: Listener) -> None:
    formula, combo = it.find("choice.formula"), it.find("choice")
    assert formula.isVisible()
    assert formula.text().splitlines() == formula_lines(Adam.formula)
    assert formula.mapTo(it.form, QPoint()).y() >= combo.mapTo(it.form, QPoint(0, combo.height())).y()
    hands.key(combo, "Down")
    assert formula.text() == Sgd.formula


@pytest.mark.parametrize("size", theme.ZOOMS)
@pytest.mark.parametrize("kind", [Adam, Nadam, CrossEntropy, Huber, OneCycle, Selu])
def test_a_long_formula_is_seen_whole_at_every_size_and_never_widens_the_form(
    qtbot, qapp: QApplication, kind: type[Choice], size: float
) -> None:
    theme.apply(qapp, "light", size)
    row = ChoiceRow(Field("choice", "Choice", "", kind, None, False, kind()), "it.choice")
    column = QWidget()
    lines = QVBoxLayout(column)
    lines.addWidget(row)
    lines.addStretch(1)
    qtbot.addWidget(column)
    row.show_value(kind())
    column.resize(theme.px(300), theme.px(600))
    column.show()
    qtbot.waitExposed(column)
    assert column.minimumSizeHint().width() <= theme.px(300)
    needed = row.formula.fontMetrics().boundingRect(
        QRect(0, 0, row.formula.width(), 10_000), Qt.TextFlag.TextWordWrap, row.formula.text()
    )
    assert row.formula.height() >= needed.height() > row.formula.fontMetrics().height()
    assert row.formula.width() >= needed.width()
    theme.apply(qapp, "light")


def test_nothing_chosen_shows_no_formula(it: Listener) -> None:
    formula = it.find("maybe_choice.formula")
    assert not formula.isVisible()
    hands.key(it.find("maybe_choice"), "Down")
    assert formula.text() == L1.formula
    assert formula.isVisible()
    it.form.rows["maybe_choice"].show_value(None)
    assert not formula.isVisible()


def test_sources_of_a_member_are_left_to_its_docstring() -> None:
    assert "Dozat" in (Nadam.__doc__ or "")
    assert "Dozat" not in member_tip(Nadam)
    assert "looks one step of its momentum ahead" in member_tip(Nadam)


def test_an_open_list_grows_for_bars_that_come_late(qtbot) -> None:
    combo = Combo()
    combo.addItems(["SGD", "TF Playground"])
    qtbot.addWidget(combo)
    combo.resize(70, 24)
    combo.show()
    qtbot.waitExposed(combo)
    combo.showPopup()
    narrow = combo.view().width()
    combo.show_bars([Bar(1.0, "0.674"), Bar(0.5, "0.3")])
    qtbot.waitUntil(lambda: combo.view().width() >= narrow + px(92))
    texts = painted_texts(combo.view())
    assert {text for text, _ in texts} == {"SGD", "TF Playground", "0.674", "0.3"}
    bars = combo.view().viewport().width() - px(92 + 4)
    assert all(box.right() < bars for text, box in texts if text in ("SGD", "TF Playground"))
    combo.hidePopup()
