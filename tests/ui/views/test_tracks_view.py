"""Tracks lie on one axis of time; each can be made taller, hidden, or fill the place, by mouse and by keys."""

from __future__ import annotations

import dataclasses
from collections import Counter

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF
from PySide6.QtWidgets import QApplication, QMenu, QToolButton, QWidget

from playground.catalog.schedules import OneCycle
from playground.experiment.tree import Experiment, Training
from playground.measure.changes import Change, When
from tests.ui import hands
from tests.ui.painted import overlaps, painted_texts
from tests.ui.parts import part_of
from tests.ui.snapshots import last_evaluation, make_snapshot
from ui.look import theme
from ui.views.chart.axes import AmountAxis, round_ticks
from ui.views.tracks.curves import Curve, LossTrack, RunColumn
from ui.views.tracks.sheet import TrackSheet
from ui.views.tracks.time import TimeAxis, name_marks
from ui.views.tracks.track import Line
from ui.views.tracks.view import TracksView

SIZE = (986, 240)
ALL = ("loss", "score", "gradients", "rate")


def sheet_of(view: TracksView) -> TrackSheet:
    return part_of(view, "tracks.sheet")


def middle_of(view: TracksView, name: str, share: float = 0.5) -> QPoint:
    """The middle of a track, or a place at another share of its width."""
    rect = sheet_of(view).box_of(name).rect
    return QPointF(rect.left() + share * rect.width(), rect.center().y()).toPoint()


def heights(view: TracksView) -> dict[str, float]:
    sheet = sheet_of(view)
    return {track.name: box.rect.height() for track, box in zip(sheet.arrangement.seen, sheet.boxes(), strict=True)}


def pick(view: TracksView, name: str) -> None:
    hands.click(part_of(view, "tracks.controls").button)
    hands.click(view.findChild(QToolButton, name))
    part_of(view, "tracks.controls").panel.hide()


def changed(*epochs: float) -> tuple[Change, ...]:
    return tuple(Change(int(8 * epoch), epoch, epoch / 10, f"learning rate {epoch:g}") for epoch in epochs)


# One axis of time -----------------------------------------------------------------------------------------------------


def test_all_tracks_lie_on_one_axis_and_loss_is_the_largest(shown):
    view = shown(TracksView(), make_snapshot(), SIZE)
    boxes = sheet_of(view).boxes()
    assert view.shown().tracks == ALL
    assert len({(box.rect.left(), box.rect.right()) for box in boxes}) == 1
    assert max(heights(view), key=heights(view).get) == "loss"
    assert boxes[0].rect.width() >= 560


@pytest.mark.parametrize(("height", "least"), [(168, 60), (204, 60), (320, 90)])
def test_loss_keeps_its_height_where_there_is_little_room(shown, height, least):
    view = shown(TracksView(), make_snapshot(), (986, height))
    assert heights(view)["loss"] >= least
    assert sheet_of(view).boxes()[-1].rect.bottom() < sheet_of(view).height() - 12


def test_the_map_of_gradients_stands_below_the_same_epochs_as_the_curves(shown):
    snapshot = make_snapshot(rows=201)
    steps = 8 * np.arange(201.0)
    sizes = np.where(steps[:, np.newaxis] < 800, 1e-6, 1e-2) * np.ones(3)
    gradients = snapshot.gradients._replace(step=steps, gradient_rms=sizes)
    view = shown(TracksView(), dataclasses.replace(snapshot, gradients=gradients), SIZE)
    assert view.shown().times == (0, 200)
    heat = view.shown().gradients.map[0]
    # Step 800 is epoch 100, in the middle of 400 columns.
    assert np.array_equal(heat[10], heat[198]) and not np.array_equal(heat[198], heat[202])
    pick(view, "tracks.along.step")
    assert view.shown().times == (0, 2000)
    assert not np.array_equal(view.shown().gradients.map[0][158], view.shown().gradients.map[0][162])


def test_a_long_note_has_two_lines_and_the_settings_cover_no_value(shown):
    view = shown(TracksView(), make_snapshot(), SIZE)
    high = heights(view)["loss"]
    view.say_luck("Short.")
    one_line = high - heights(view)["loss"]
    note = "Better than 4 of 14 other starts over epochs 760 to 843. " * 2 + "The tracks show the lanes in their place."
    view.say_luck(note)
    assert high - heights(view)["loss"] > one_line > 0
    assert note in " ".join(text.strip() for text, _ in painted_texts(view))
    sheet = sheet_of(view)
    assert not sheet.values_box(sheet.box_of("loss")).intersects(part_of(view, "tracks.controls").geometry())


def test_the_longest_note_is_whole_where_the_tracks_are_a_tab_at_150_percent(shown, qapp):
    theme.apply(qapp, "light", 1.5)
    view = shown(TracksView(), make_snapshot(), (707, 580))
    view.apply_theme()
    note = (
        "Before the change: better than 14 of 14 other starts over epochs 1,801 to 2,000. 15 of all 15 reach a mean "
        "validation accuracy of 95 % (95 % interval: 80 to 100 %). 2 diverged. The tracks show the lanes in their "
        "place."
    )
    view.say_luck(note)
    assert note in " ".join(text.strip() for text, _ in painted_texts(view))


def test_hovering_one_track_reads_all_of_them(shown):
    snapshot = make_snapshot(rows=101)
    view = shown(TracksView(), snapshot, SIZE)
    hands.hover(sheet_of(view), middle_of(view, "score", 0.4))
    assert view.shown().reading == "epoch 40"
    assert f"training {snapshot.history.train_loss[40]:.3f}" in view.shown().headings[0]
    assert f"training {100 * snapshot.history.train_accuracy[40]:.1f} %" in view.shown().headings[1]
    assert view.shown().rate.words == "η was 0.01"
    assert {"epoch 40"} <= {text for text, _ in painted_texts(view)}


def test_arrow_keys_read_a_place_and_escape_the_present(shown):
    view = shown(TracksView(), make_snapshot(rows=101), SIZE)
    present = view.shown().headings
    hands.key(sheet_of(view), "Home", "Right", "Right")
    assert view.shown().headings != present and sheet_of(view).reading == pytest.approx(0.02 * view.shown().times[1])
    hands.key(sheet_of(view), "Escape")
    assert view.shown().headings == present and view.shown().reading == "epoch"


def test_a_place_read_by_keys_is_left_with_the_focus_and_with_the_end_of_the_axis(shown):
    view, long = shown(TracksView(), make_snapshot(rows=101), SIZE), make_snapshot(rows=101)
    sheet, present = sheet_of(view), view.shown().headings
    view.show()
    sheet.setFocus()
    hands.key(sheet, "End", "Left", "Left")
    assert view.shown().headings != present
    hands.key(sheet, "Tab")
    assert not sheet.hasFocus() and sheet.reading is None and view.shown().headings == present
    sheet.setFocus()
    hands.key(sheet, "End", "Left", "Left")
    view.show_snapshot(make_snapshot(rows=5))
    hands.until(lambda: view.shown().reading == "epoch", "a place beyond the axis is still read")
    assert sheet.reading is None and long.epoch > view.shown().times[1]


def test_the_wheel_and_a_drag_choose_a_stretch_and_a_button_shows_all_again(shown):
    view = shown(TracksView(), make_snapshot(rows=401), SIZE)
    sheet = sheet_of(view)
    place = sheet.boxes()[0].place(middle_of(view, "loss", 0.25).x())
    hands.wheel(sheet, 4, middle_of(view, "loss", 0.25))
    low, high = view.shown().times
    assert high - low == pytest.approx(400 * 0.8**4)
    assert sheet.boxes()[0].place(middle_of(view, "loss", 0.25).x()) == pytest.approx(place)
    drawn = view.shown().loss.training[:, 0]
    # Points beside it let the curves run to its ends.
    assert low - 1.01 <= drawn[0] <= low and high <= drawn[-1] <= high + 1.01
    hands.drag(sheet, middle_of(view, "rate", 0.6), middle_of(view, "rate", 0.4))
    assert view.shown().times[0] > low
    assert view.shown().times[1] - view.shown().times[0] == pytest.approx(high - low)
    assert sheet.whole.isVisible()
    hands.click(sheet.whole)
    assert view.shown().times == (0, 400) and not sheet.whole.isVisible()
    hands.wheel(sheet, -3, middle_of(view, "loss"))
    assert view.shown().times == (0, 400)


def test_keys_choose_a_stretch(shown):
    view = shown(TracksView(), make_snapshot(rows=401), SIZE)
    hands.key(sheet_of(view), "Plus", "Plus")
    assert view.shown().times == pytest.approx((72, 328))
    hands.key(sheet_of(view), "Ctrl+Right")
    assert view.shown().times == pytest.approx((97.6, 353.6))
    hands.key(sheet_of(view), "Minus", "Minus", "Minus")
    assert view.shown().times == (0, 400)


def test_a_stretch_with_the_present_follows_it_and_another_one_stays():
    for about, follows in ((400.0, True), (100.0, False)):
        times = TimeAxis()
        times.follow(400.0)
        times.fit(np.arange(401.0), 400.0)
        times.zoom(about, 0.1)
        before = times.low, times.high
        times.follow(450.0)
        times.fit(np.arange(451.0), 450.0)
        assert (times.high == 450.0) == follows
        assert times.high - times.low == pytest.approx(40)
        assert follows or (times.low, times.high) == before


def test_after_a_reset_a_stretch_of_what_is_no_more_is_left(shown):
    view = shown(TracksView(), make_snapshot(rows=401), SIZE)
    hands.wheel(sheet_of(view), 4, middle_of(view, "loss", 0.9))
    assert view.shown().times[0] > 100 and sheet_of(view).whole.isVisible()
    view.show_snapshot(make_snapshot(rows=2))
    assert view.shown().times == (0, 10)


def test_no_number_gives_way_to_a_playhead_that_is_not_painted(shown):
    view = shown(TracksView(), make_snapshot(rows=1), SIZE)
    foot = sheet_of(view).boxes()[-1].rect.bottom()
    assert [text for text, box in painted_texts(view) if box.top() > foot][:3] == ["epoch", "0", "2"]


def test_a_stretch_has_round_numbers():
    assert round_ticks(43.7, 91.2, 5) == [50, 60, 70, 80, 90]
    assert round_ticks(0.0012, 0.0034, 3) == pytest.approx([0.002, 0.003])


def test_before_training_the_axis_reaches_as_far_as_the_plan(shown):
    plan = Experiment(training=Training(schedule=OneCycle(epochs=200)))
    before = make_snapshot(rows=1, experiment=plan)
    view = shown(TracksView(), before, SIZE)
    assert view.shown().times[1] >= 240
    view.show_snapshot(make_snapshot(rows=41, experiment=plan))
    assert view.shown().times[1] == 40
    pick(view, "tracks.reach.plan")
    assert view.shown().times[1] >= 240 and view.shown().rate.coming[0][-1] >= 240
    pick(view, "tracks.along.step")
    assert view.shown().times[1] > 1900


class Paints(QObject):
    """Counts how often widgets are painted, by their names."""

    def __init__(self, *widgets: QWidget) -> None:
        super().__init__()
        self.counts: Counter[str] = Counter()
        for widget in widgets:
            widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            self.counts[watched.objectName()] += 1
        return False


def test_a_new_moment_paints_the_pictures_but_no_button(shown, beat):
    view = shown(TracksView(), make_snapshot(rows=100), SIZE)
    beat.strike()
    QApplication.processEvents()
    buttons = [button for button in view.findChildren(QToolButton) if button.isVisible()]
    paints = Paints(sheet_of(view), *buttons)
    for rows in (101, 102, 103):
        view.show_snapshot(make_snapshot(rows=rows))
        QApplication.processEvents()
    assert len(buttons) >= 5 and dict(paints.counts) == {"tracks.sheet": 3}


def test_what_is_painted_again_is_all_that_has_changed(shown, beat):
    view = shown(TracksView(), make_snapshot(rows=100), SIZE)
    for rows, words in ((101, False), (400, False), (401, True), (40, True)):
        view.show_snapshot(make_snapshot(rows=rows))
        if words:
            beat.strike()
        QApplication.processEvents()
        seen = view.screen().grabWindow(view.winId()).toImage()
        assert seen.convertToFormat(seen.Format.Format_RGB32) == view.grab().toImage().convertToFormat(
            seen.Format.Format_RGB32
        )


# Taller, hidden, enlarged ---------------------------------------------------------------------------------------------


def test_an_edge_is_dragged_to_make_a_track_taller(shown):
    view = shown(TracksView(), make_snapshot(), SIZE)
    before, sheet = heights(view), sheet_of(view)
    edge = QPoint(300, round(sheet.box_of("score").rect.bottom() + 3))
    hands.drag(sheet, edge, edge + QPoint(0, 20))
    after = heights(view)
    assert after["score"] == pytest.approx(before["score"] + 20, abs=2)
    assert after["gradients"] == pytest.approx(before["gradients"] - 20, abs=2)
    assert after["loss"] == pytest.approx(before["loss"], abs=2)
    hands.drag(sheet, QPoint(300, round(sheet.box_of("loss").rect.bottom() + 3)), QPoint(300, 400))
    assert min(heights(view).values()) >= 14 and heights(view)["loss"] > 120
    # The last one takes from those above it.
    edge = QPoint(300, round(sheet.box_of("rate").rect.bottom() + 3))
    hands.drag(sheet, edge, edge + QPoint(0, 30))
    assert heights(view)["rate"] > 40
    assert view.shown().times == (0, 400)


def test_heights_that_were_chosen_keep_their_shares_in_another_size(shown, qtbot):
    view = shown(TracksView(), make_snapshot(), (986, 300))
    edge = QPoint(300, round(sheet_of(view).box_of("loss").rect.bottom() + 3))
    hands.drag(sheet_of(view), edge, edge - QPoint(0, 50))
    share = heights(view)["loss"] / sum(heights(view).values())
    view.resize(986, 500)
    qtbot.waitUntil(lambda: heights(view)["loss"] / sum(heights(view).values()) == pytest.approx(share, abs=0.03))


def test_hidden_tracks_and_chosen_heights_are_kept(shown):
    view = shown(TracksView(), make_snapshot(), SIZE)
    sheet = sheet_of(view)
    edge = QPoint(300, round(sheet.box_of("loss").rect.bottom() + 3))
    hands.drag(sheet, edge, edge - QPoint(0, 40))
    pick(view, "tracks.shown.rate")
    before, kept = heights(view), view.arrangement()
    assert set(before) == set(ALL) - {"rate"}
    other = shown(TracksView(), make_snapshot(), SIZE)
    assert heights(other) != before
    other.arrange(kept)
    assert heights(other) == before and other.shown().tracks == view.shown().tracks
    for nonsense in (None, "", "[]", '{"loss": 1}', '{"loss": {"share": -1, "least": 15}}'):
        other.arrange(nonsense)
    assert heights(other) == before


@pytest.mark.parametrize("name", ALL)
def test_a_track_is_made_taller_and_lower_by_keys(shown, name):
    view = shown(TracksView(), make_snapshot(), SIZE)
    before, button = heights(view), part_of(view, f"tracks.name.{name}")
    hands.key(button, "Plus", "Plus")
    assert heights(view)[name] > before[name] + 10
    hands.key(button, "Minus", "Minus")
    assert heights(view)[name] == pytest.approx(before[name], abs=2)


@pytest.mark.parametrize("name", ALL)
def test_a_track_fills_the_sheet_and_returns(shown, name):
    view = shown(TracksView(), make_snapshot(), SIZE)
    button = part_of(view, f"tracks.name.{name}")
    for act in (
        lambda: hands.click(button),
        lambda: hands.key(button, "Return"),
        lambda: hands.double_click(sheet_of(view), middle_of(view, name)),
    ):
        act()
        assert view.shown().tracks == (name,) and button.isChecked()
        assert heights(view)[name] > 180
        view.grab()
        act()
        assert view.shown().tracks == ALL and not button.isChecked()
    hands.click(button)
    hands.key(sheet_of(view), "Escape")
    assert view.shown().tracks == ALL


def test_a_track_is_hidden_and_shown_again(shown):
    view = shown(TracksView(), make_snapshot(), SIZE)
    pick(view, "tracks.shown.gradients")
    assert view.shown().tracks == ("loss", "score", "rate")
    assert not part_of(view, "tracks.name.gradients").isVisible()
    hands.key(part_of(view, "tracks.name.rate"), "Delete")
    assert view.shown().tracks == ("loss", "score")
    assert not part_of(view, "tracks.shown.rate").isChecked()
    pick(view, "tracks.shown.gradients")
    assert view.shown().tracks == ("loss", "score", "gradients")
    assert len(view.shown().gradients.map) == 3


def test_the_last_track_stays(shown):
    view = shown(TracksView(), make_snapshot(), SIZE)
    for name in ALL:
        hands.key(part_of(view, f"tracks.name.{name}"), "Delete")
    assert view.shown().tracks == ("rate",)
    assert part_of(view, "tracks.shown.rate").isChecked()


def test_the_menu_of_a_track_enlarges_hides_and_brings_back(shown):
    view = shown(TracksView(), make_snapshot(), SIZE)

    def choose(text: str) -> None:
        hands.ask_for_menu(sheet_of(view), middle_of(view, view.shown().tracks[0]))
        hands.choose_entry(view.findChild(QMenu, "tracks.menu"), text)
        QApplication.processEvents()

    choose("Hide Loss")
    assert view.shown().tracks == ALL[1:]
    choose("Show Loss")
    assert view.shown().tracks == ALL
    choose("Enlarge Loss")
    assert view.shown().tracks == ("loss",)
    choose("Show all tracks")
    assert view.shown().tracks == ALL


def test_a_hidden_track_draws_nothing(shown, monkeypatch):
    drawn: list[str] = []
    monkeypatch.setattr(LossTrack, "draw", lambda *given: drawn.append("loss"))
    view = shown(TracksView(), None, SIZE)
    sheet_of(view).arrangement.hide("loss")
    view.show_snapshot(make_snapshot())
    assert drawn == []
    sheet_of(view).arrangement.hide("loss", hide=False)
    assert drawn == ["loss"]


def test_a_click_on_its_symbol_shows_another_size_of_the_gradients(shown):
    view = shown(TracksView(), make_snapshot(), (986, 320))
    symbol = part_of(view, "tracks.symbol")
    for size, text in (("delta_rms", "δ"), ("update_ratio", "ΔW/W"), ("gradient_rms", "∂E/∂W")):
        hands.click(symbol)
        assert view.shown().gradients.quantity == size and symbol.text() == text
        assert part_of(view, f"tracks.quantity.{size}").isChecked()
        assert text in symbol.accessibleName()


# Marks ----------------------------------------------------------------------------------------------------------------


def test_the_names_of_changes_stand_at_the_top_and_never_on_each_other(shown):
    for epochs in ((40, 300), (40, 50, 60, 70), tuple(range(2, 400, 2)), (395,), (1,)):
        snapshot = make_snapshot(rows=401, changes=changed(*epochs))
        view = shown(TracksView(), snapshot, SIZE)
        names = view.shown().mark_names
        assert names
        texts = [(text, box) for text, box in painted_texts(view) if text.startswith(("learning rate", "5 changes"))]
        assert overlaps(texts) == []
        track = sheet_of(view).box_of("loss").rect
        assert all(track.left() <= box.left() and box.right() <= track.right() + 1 for _, box in texts)
    assert names == ("learning rate 1",)


def test_names_of_marks_are_cut_or_left_out_where_there_is_no_room():
    def cut(text: str, room: float) -> str:
        return text[: int(room) // 10 - 1] + "…"

    def width(text: str) -> float:
        return 10.0 * len(text)

    def named(*marks: tuple[float, str]) -> list[tuple[float, str]]:
        return [tuple(name) for name in name_marks(marks, (0.0, 1000.0), width, cut)]

    assert named((100, "one"), (500, "two")) == [(110, "one"), (510, "two")]
    # The first is cut at the line of the second, which has the room to its right.
    assert named((100, "a long name that is cut"), (200, "two")) == [(110, "a long …"), (210, "two")]
    assert named((980, "at the end")) == [(870, "at the end")]
    assert named((60, "one that is left out"), (70, "two")) == [(80, "two")]
    # What fits nowhere is cut on the side with more room.
    assert named((190, "one that is cut too"), (200, "two")) == [(10, "one that is cut …"), (210, "two")]
    assert named((100, "one"), (300, "two"), (600, "three"), (900, "x" * 70)) == [(110, "one"), (190, "x" * 70)]
    assert named((100, "one"), (900, "x" * 100)) == [(60, "one"), (110, "x" * 77 + "…")]


def test_a_mark_goes_through_all_tracks(shown):
    view = shown(TracksView(), make_snapshot(rows=401, changes=changed(200)), SIZE)
    image, sheet = view.grab().toImage(), sheet_of(view)
    x = round(float(sheet.boxes()[0].x(np.array([200.0]))[0]))
    for name in ("loss", "score", "rate"):
        y = round(sheet.box_of(name).rect.bottom() - 5)
        assert any(
            image.pixelColor(x + beside, y) != image.pixelColor(x + 12, y) for beside in (-1, 0, 1)
        ), name  # fmt: skip


# Curves of other runs, and rises --------------------------------------------------------------------------------------


def test_a_track_takes_the_curves_of_another_run_and_draws_them_paler():
    track, times = LossTrack(), TimeAxis()
    at = np.arange(11.0)
    nothing = np.full(11, np.nan)
    run, other = RunColumn(at, 0.5 + 0 * at), RunColumn(at, 2.5 + 0 * at)
    lines = {"training": Line("train"), "validation": Line("validation", dashed=True)}
    columns = {"run": (run, RunColumn(at, nothing)), "other": (other, RunColumn(at, nothing))}
    track.draw(times, [
        Curve(name, line, column, role)
        for role, both in columns.items()
        for (name, line), column in zip(lines.items(), both, strict=True)
    ])  # fmt: skip
    assert [(one.name, one.role, len(one.x)) for one in track.series] == [
        ("training", "run", 11), ("validation", "run", 0), ("training", "other", 11), ("validation", "other", 0)
    ]  # fmt: skip
    # The axis has room for both.
    assert track.axis.high >= 2.5
    assert Line("train").pen("ghost").color() != Line("train").pen("run").color()


def test_a_scale_chosen_by_itself_hides_no_rise_and_does_not_come_and_go():
    epochs = np.arange(400)
    falling = 10.0 ** (-epochs / 80)
    overfitting = 0.3 + 0.5 * np.abs(np.linspace(-1, 1, 400))
    axis = AmountAxis()
    axis.fit(falling, overfitting)
    assert not axis.logarithmic
    axis.fit(falling, 0.9 * falling)
    assert axis.logarithmic
    axis.fit(falling[:120], 0.9 * falling[:120])
    assert axis.logarithmic, "one and a half decades are enough to stay"
    axis.fit(falling, overfitting)
    assert not axis.logarithmic, "the rise would be hidden"
    axis.fit(falling, 0.3 + 0.1 * (overfitting - 0.3))
    assert not axis.logarithmic, "it has not gone yet"
    axis.fit(falling, 0.9 * falling)
    assert axis.logarithmic
    axis.fit(falling[:40], falling[:40])
    assert not axis.logarithmic, "a reset begins again"
    axis.fit(falling)
    axis.begin_anew()
    axis.fit(falling[:120])
    assert not axis.logarithmic, "another run has nothing to do with it"
    # A jump out of the smallest losses is seen on a logarithmic axis too.
    axis.fit(np.where(epochs > 300, 1e3, falling), falling)
    assert axis.logarithmic
    forced = AmountAxis("log")
    forced.fit(falling, overfitting)
    assert forced.logarithmic


def test_the_present_follows_the_measured_moment_on_every_track(shown):
    snapshot = make_snapshot(rows=41)
    later = dataclasses.replace(
        snapshot, evaluation=last_evaluation(snapshot.history)._replace(train_loss=0.7), measured=When(330, 41.25, 2.0)
    )
    view = shown(TracksView(), snapshot, SIZE)
    view.show_snapshot(later)
    assert view.shown().loss.present[0] == (41.25, 0.7)
    assert view.shown().times[1] == 50


def test_inside_an_epoch_the_completed_ones_count():
    assert [TimeAxis().words(epoch) for epoch in (62.5, 10 ** np.log10(62.0))] == ["epoch 62", "epoch 62"]
