"""Kept runs in the window: what is kept when, and everything the panel does, by real mouse and keys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QLabel, QMessageBox, QStyle

from playground import Experiment, Trainer
from playground.catalog.choice import Task
from playground.catalog.datasets.shapes import TiltedPlane
from playground.experiment.tasks import with_data
from playground.interop.keeping import keep_sweep
from playground.interop.opening import load_preset
from playground.storage.runs.kept import GroupMember, KeptGroup
from playground.storage.runs.store import RunStore
from playground.studies.running import run_study
from playground.studies.study import Study
from tests.ui import hands
from tests.ui.painted import painted_texts
from tests.ui.windows import set_rate
from ui.look import theme
from ui.look.numbers import number_text
from ui.look.theme import px
from ui.views.runs.models import PICTURE, MeansModel, picture_size
from ui.views.runs.view import RunsView
from ui.window.window import Window


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "runs"


@pytest.fixture
def window(used_window: Window, folder: Path) -> Iterator[Window]:
    """A window that keeps its runs, with the panel of runs in sight."""
    used_window.runs.begin(folder)
    yield used_window
    used_window.runs.view.filter.clear()
    used_window.runs.close()
    used_window.docks.docks["runs"].close()


def train(window: Window, epochs: int) -> None:
    window.session.ask(lambda trainer: trainer.advance(epochs=epochs)).result(hands.PATIENCE / 1000)


def rows(window: Window) -> list[str]:
    """The names of the runs in the panel, from top to bottom."""
    return [row[1].partition("\n")[0] for row in window.runs.view.shown().rows]


def await_rows(window: Window, number: int) -> None:
    hands.until(lambda: len(rows(window)) == number, f"there are {rows(window)}, not {number} runs")


@pytest.fixture
def three(window: Window) -> RunsView:
    """The panel with three kept runs of the spiral, of other learning rates, the fastest first."""
    spiral = load_preset("spiral")
    for rate in (0.01, 0.03, 0.1):
        window.session.open(spiral.with_({"training.learning_rate": rate}), "spiral")
        train(window, 3)
    window.session.open(spiral, "spiral")
    window.runs.show()
    await_rows(window, 3)
    return window.runs.view


def test_letters_in_the_table_take_up_no_drawing_tool(window: Window, three: RunsView) -> None:
    three.table.setFocus()
    hands.key_in(window, "B", "E", "M", "C")
    assert window.parts.drawing.toolbox.tool is None and "runs" in window.docks.seen


def cell(view: RunsView, row: int, column: int = 1) -> QPoint:
    table = view.table
    return table.viewport().mapTo(table, table.visualRect(table.model().index(row, column)).center())


def test_every_run_that_trained_is_kept_when_it_is_left(window: Window) -> None:
    session = window.session
    session.reset()
    window.runs.show()
    for leave in (
        lambda: hands.key(window, "Ctrl+R"),
        session.reseed,
        window.documents.new,
        lambda: session.open(load_preset("xor").with_({"training.learning_rate": 0.5}), "found settings"),
        lambda: session.open(
            load_preset("xor"), "take lane", Trainer(load_preset("xor"), engine="reference").document()
        ),
        session.undo,
    ):
        train(window, 2)
        leave()
    await_rows(window, 6)
    assert rows(window) == ["XOR", "XOR", "Two spirals", "Two spirals", "Two spirals", "Two spirals"]
    kept = [window.runs.view.runs.run_at(row).outcome.epoch for row in range(6)]
    assert kept == [2] * 6


def test_nothing_is_kept_while_the_switch_is_off(window: Window, folder: Path) -> None:
    window.runs.show()
    hands.until(lambda: window.runs.view.counts.text().startswith("No runs yet"), "the store is not read")
    hands.click(hands.control(window, "runs.keep"), QPoint(14, 12))
    assert "your own tables" in window.runs.view.private.text()
    train(window, 1)
    window.session.reset()
    hands.until(lambda: window.session.is_up_to_date and window.session.report.snapshot.step == 0, "it is not reset")
    assert window.runs.keeper is not None
    window.runs.keeper.do(lambda _: None).result(hands.PATIENCE / 1000)
    assert not window.runs.keeps and window.runs.view.counts.text() == "Runs are not kept: the switch below is off."
    assert not list(folder.glob("*.playground"))
    hands.click(hands.control(window, "runs.keep"), QPoint(14, 12))
    assert window.runs.keeps


@pytest.mark.parametrize("kept", [True, False], ids=["trained and kept", "never trained"])
def test_closing_asks_only_about_left_work_that_is_not_kept(window: Window, kept: bool) -> None:
    window.runs.show()
    window.documents.careful = True
    set_rate(window, 0.5)
    if kept:
        train(window, 2)
    window.documents.open("xor")
    if kept:
        await_rows(window, 1)
    hands.let_pass(20, "it would be kept")
    # What was opened has not changed: only what was left may be asked about.
    assert not window.work.modified
    assert window.documents.may_close() is kept
    questions = [one for one in window.findChildren(QMessageBox, "changes.question") if one.isVisible()]
    assert len(questions) == (not kept)
    for question in questions:
        cancel = next(button for button in question.buttons() if button.accessibleName() == "Cancel")
        hands.click(cancel)


def test_a_kept_run_that_came_back_and_is_left_as_it_was_is_not_asked_about(window: Window) -> None:
    window.runs.show()
    window.documents.careful = True
    set_rate(window, 0.5)
    train(window, 2)
    window.documents.open("xor")
    await_rows(window, 1)
    hands.key(window, "Ctrl+Z")
    hands.until(lambda: window.session.is_up_to_date and window.work.step > 0, "it does not come back")
    window.documents.open("circle")
    assert window.documents.may_close()


def test_the_table_shows_only_what_differs_and_sorts(window: Window, three: RunsView) -> None:
    shown = three.shown()
    assert shown.headings == ("★", "Run", "Loss", "Accuracy", "Learning rate η", "Training loss", "Epochs")
    assert [row[4] for row in shown.rows] == ["0.1", "0.03", "0.01"]
    header = three.table.horizontalHeader()
    hands.click(header.viewport(), QPoint(header.sectionViewportPosition(4) + 10, 8))
    assert [row[4] for row in three.shown().rows] == ["0.01", "0.03", "0.1"]
    hands.click(header.viewport(), QPoint(header.sectionViewportPosition(4) + 10, 8))
    hands.click(header.viewport(), QPoint(header.sectionViewportPosition(4) + 10, 8))
    assert [row[4] for row in three.shown().rows] == ["0.1", "0.03", "0.01"]
    picture = three.runs._picture(three.runs.run_at(0)).pixmap(picture_size()).toImage()
    assert len({picture.pixelColor(x, y).name() for x in range(0, 36, 3) for y in range(0, 36, 3)}) > 10


def test_pictures_have_the_colours_of_the_theme(window: Window, three: RunsView) -> None:
    def picture() -> QImage:
        return three.runs.data(three.runs.index(0, 1), Qt.ItemDataRole.DecorationRole).pixmap(picture_size()).toImage()

    light = picture()
    theme.apply(QApplication.instance(), "dark")
    window.apply_theme()
    try:
        dark = picture()
        spots = [(x, y) for x in range(2, light.width(), 3) for y in range(2, light.height(), 3)]
        assert np.mean([dark.pixelColor(*at).lightnessF() for at in spots]) < 0.4
        assert np.mean([light.pixelColor(*at).lightnessF() for at in spots]) > 0.6
        pairs = [(light.pixelColor(*at), dark.pixelColor(*at)) for at in spots]
        apart = [(one.hueF() - other.hueF()) % 1 for one, other in pairs if one.hslSaturationF() > 0.5]
        assert len(apart) > 20 and all(min(one, 1 - one) < 0.06 for one in apart), "a class keeps its hue"
    finally:
        theme.apply(QApplication.instance(), "light")
        window.apply_theme()


def test_pictures_of_picked_runs_keep_their_colours(window: Window, three: RunsView) -> None:
    table, side = three.table, px(PICTURE)

    def picture() -> QImage:
        place = table.visualRect(table.model().index(0, 1))
        return table.viewport().grab(place.adjusted(px(6), px(6), side - place.width() - px(6), -px(6))).toImage()

    before = picture()
    hands.click(table, cell(three, 0))
    assert table.selectionModel().isRowSelected(0) and picture() == before


def test_the_arrow_of_a_column_that_sorts_leaves_its_heading_whole(window: Window, three: RunsView) -> None:
    header = three.table.horizontalHeader()
    column = three.shown().headings.index("Learning rate η")
    place, width = header.sectionViewportPosition(column), header.sectionSize(column)
    hands.click(header.viewport(), QPoint(place + 10, header.height() // 2))
    assert three.shown().rows[0][column] == "0.01"
    (last,) = [box for text, box in painted_texts(header.viewport()) if text == "η"]
    assert last.right() <= place + width - header.style().pixelMetric(QStyle.PixelMetric.PM_HeaderMarkSize)
    for _ in range(2):
        hands.click(header.viewport(), QPoint(place + 10, header.height() // 2))
    assert three.shown().rows[0][column] == "0.1"


def test_by_keyboard_alone_a_run_is_found_starred_opened_and_left_again(window: Window, three: RunsView) -> None:
    before = window.session.experiment
    window.parts.boundary.setFocus()
    hands.key(window, "Ctrl+H")
    hands.until(three.filter.hasFocus, "the panel has not the keyboard")
    hands.type_text("learning_rate > 0.05", three.filter)
    await_rows(window, 1)
    hands.key(three.filter, "Return")
    hands.until(three.table.hasFocus, "the table has not the keyboard")
    hands.key(three.table, "S")
    hands.until(lambda: three.shown().rows[0][0] == "★", "it has no star")
    hands.key(three.table, "Return")
    hands.until(lambda: window.session.experiment != before, "it is not opened")
    alone = Trainer(window.session.experiment, engine="reference")
    alone.advance(epochs=3)
    state = window.session.ask(lambda trainer: trainer.state.copy()).result(hands.PATIENCE / 1000)
    assert window.session.experiment.training.learning_rate == 0.1
    assert (state.parameters == alone.state.parameters).all() and state.epoch == 3
    hands.key(window, "Ctrl+Z")
    assert window.session.experiment == before


def test_names_notes_and_deletions_are_kept_and_undone(window: Window, three: RunsView, folder: Path) -> None:
    hands.click(three.table, cell(three, 1))
    hands.until(lambda: three.shown().picked, "nothing is picked")
    for name, text in (("runs.name", "Best"), ("runs.note", "Try 16 units")):
        hands.fill(hands.control(window, name), text, "Return")
        hands.until(lambda text=text: text in three.shown().rows[1][1], f"{text} is not kept")
    assert three.shown().picked == (three.runs.run_at(1).id,)
    three.table.setFocus()
    hands.key(three.table, "Delete")
    await_rows(window, 2)
    assert "Deleted 1 kept run." in window.messages.strip.text.text()
    hands.click(window.messages.strip.remedy)
    await_rows(window, 3)
    store = RunStore(folder)
    assert [run.title for run in store.table().runs][1] == "Best"
    # Another window or the command line changes the store.
    store.annotate(store.find("latest").id, name="From elsewhere")
    store.close()
    hands.until(lambda: rows(window)[0] == "From elsewhere", "the change is not noticed")


def test_picked_runs_lie_over_the_present_one_and_say_what_differs(window: Window, three: RunsView) -> None:
    hands.click(three.table, cell(three, 0))
    hands.until(lambda: window.parts.tracks.shown().loss.kept, "there are no curves")
    assert three.shown().sentence == "Against the present run: learning rate 0.01 → 0.1."
    alone = Trainer(load_preset("spiral").with_({"training.learning_rate": 0.1}), engine="reference")
    alone.advance(epochs=3)
    curves = window.parts.tracks.shown().loss.kept
    assert len(curves) == 2
    np.testing.assert_array_equal(curves[0][1], alone.history.view()[:, [0, 3]])
    assert f"Two spirals {alone.evaluation.validation_loss:.3g}" in window.parts.tracks.shown().headings[0]
    set_rate(window, 0.5)
    hands.until(lambda: "0.5 → 0.1" in three.shown().sentence, "the sentence does not follow")
    hands.click(three.table, cell(three, 2), held="Ctrl")
    hands.until(lambda: "0.01 → 0.1" in three.shown().sentence, "the two are not compared")
    hands.click(three.table, cell(three, 1), held="Ctrl")
    hands.until(
        lambda: three.shown().sentence == "3 runs; they differ in Learning rate η.", "the three are not compared"
    )
    hands.until(lambda: len(window.parts.tracks.shown().loss.kept) == 3, "there are not three curves")
    loss = hands.control(window, "tracks.sheet").arrangement.tracks[0]
    assert len({one.line.pen(one.role).color().name() for one in loss.series if one.role == "kept"}) == 3
    three.table.clearSelection()
    hands.until(lambda: not window.parts.tracks.shown().loss.kept, "the curves stay")


def test_the_pick_ends_when_another_experiment_begins(window: Window, three: RunsView) -> None:
    hands.click(three.table, cell(three, 0))
    hands.until(lambda: window.parts.tracks.shown().loss.kept, "there are no curves")
    hands.key_in(window, "Ctrl+N")
    hands.until(lambda: not three.shown().picked, "it stays picked")
    hands.until(lambda: not window.parts.tracks.shown().loss.kept, "the curves stay")
    assert not three.open_button.isEnabled()


def test_means_count_what_the_filter_hides(window: Window, three: RunsView) -> None:
    train(window, 3)
    window.session.reseed()
    await_rows(window, 4)
    hands.choose(three.grouping, "Learning rate η")
    shown = three.shown()
    assert shown.headings[:3] == ("Learning rate η", "Runs", "Validation loss")
    assert [row[:2] for row in shown.rows] == [("0.01", "2"), ("0.03", "1"), ("0.1", "1")]
    assert "± 0 (n = 2)" in shown.rows[0][2] and "(n = 1)" in shown.rows[1][2]
    hands.click(three.table, cell(three, 0))
    assert not three.delete_button.isEnabled()
    three.filter.setFocus()
    hands.type_text("learning_rate > 0.02", three.filter)
    hands.until(lambda: three.shown().rows[0][1] == "0 of 2", "nothing is hidden")
    assert three.shown().rows[0][2] == "–" and "means are over the runs that are shown" in three.shown().counts


def test_means_are_of_losses_that_can_be_compared(window: Window) -> None:
    for preset, noise in (("spiral", 0.1), ("spiral", 0.3), ("spiral", 0.3), ("xor", 0.1)):
        window.session.open(load_preset(preset).with_({"data.noise": noise, "layers": "4"}), preset)
        train(window, 2)
    window.session.open(load_preset("circle").with_({"layers": "8"}), "circle")
    train(window, 2)
    window.session.reset()
    window.runs.show()
    await_rows(window, 5)
    view = window.runs.view
    hands.choose(view.grouping, "Layer A: units")
    assert view.shown().headings[:3] == ("Layer A: units", "Data", "Runs")
    assert {row[:3] for row in view.shown().rows} == {
        ("4", "Spiral, noise 0.1", "1"),
        ("4", "Spiral, noise 0.3", "2"),
        ("4", "XOR", "1"),
        ("8", "Circle", "1"),
    }
    hands.choose(view.grouping, "Data")
    assert [row[:3] for row in view.shown().rows if row[0] == "Spiral"] == [
        ("Spiral", "noise 0.1", "1"),
        ("Spiral", "noise 0.3", "2"),
    ]


def test_many_differences_are_whole(window: Window) -> None:
    session, spiral = window.session, load_preset("spiral")
    session.open(spiral, "spiral")
    train(window, 2)
    other = {
        "training.optimizer": "sgd",
        "training.learning_rate": 0.3,
        "training.batch_size": 64,
        "initializer": "he_normal",
    }
    session.open(load_preset("xor").with_(other), "xor")
    train(window, 2)
    session.reset()
    window.runs.show()
    await_rows(window, 2)
    view = window.runs.view
    hands.click(view.table, cell(view, 0))
    hands.click(view.table, cell(view, 1), held="Shift")
    hands.until(lambda: len(view.shown().picked) == 2 and "older" in view.shown().sentence, "nothing is said")
    said = view.sentence
    hands.until(lambda: QLabel.text(said) == said.text(), f"it is cut: {QLabel.text(said)}")


def test_curves_of_another_task_are_left_out_and_that_is_said(window: Window, three: RunsView) -> None:
    hands.click(three.table, cell(three, 0))
    tracks = window.parts.tracks
    hands.until(lambda: tracks.shown().loss.kept, "there are no curves")
    window.session.edit(with_data(window.session.experiment, TiltedPlane()))
    hands.until(lambda: not tracks.shown().loss.kept, "the curves stay")
    said = three.shown().sentence
    assert said.startswith("Curves of classification runs can't be drawn over regression. Points or loss differ")
    hands.until(lambda: not any("spirals" in text for text, _ in painted_texts(tracks)), "the legend names them")
    window.session.undo()
    hands.until(lambda: tracks.shown().loss.kept, "the curves do not come back")
    assert three.shown().sentence.startswith("Against")


@pytest.mark.parametrize(
    ("tasks", "score"),
    [
        (("classification", "classification"), "0.800 ± 0.14 (n = 2)"),
        (("regression", "regression"), "R² 0.800 ± 0.14 (n = 2)"),
    ],
)
def test_means_name_their_scores(tmp_path: Path, tasks: tuple[Task, ...], score: str) -> None:
    store = RunStore(tmp_path)
    for task, accuracy in zip(tasks, (0.7, 0.9), strict=True):
        training = GroupMember({"seed": 1}, 1, "completed", 10, 0.5, 0.1, accuracy, accuracy)
        store.keep_group(KeptGroup.of(Experiment(), (training,), task, 1), "Sweep", picture=b"")
    table = store.table()
    store.close()
    everything = np.arange(len(table))
    owner = QObject()
    means = MeansModel(owner)
    means.show_groups("precision", "Precision", table.grouped(everything, everything, "precision"))
    assert [row[3] for row in means.rows] == [score]


def test_a_training_of_a_sweep_opens_and_repeats_its_outcome(window: Window, folder: Path) -> None:
    varied = {"training.learning_rate": (0.01, 0.1)}
    plan = Study(load_preset("circle"), varied, seeds=2, epochs=4, engine="reference")
    store = RunStore(folder)
    keep_sweep(store, run_study(plan))
    store.close()
    window.runs.show()
    await_rows(window, 1)
    view = window.runs.view
    hands.click(view.table, cell(view, 0))
    hands.key(view.table, "Return")
    await_rows(window, 4)
    place = rows(window).index("Training 4")
    hands.click(view.table, cell(view, place))
    kept = view.runs.run_at(place)
    hands.key(view.table, "Return")
    hands.until(lambda: "Opened training 4" in window.messages.strip.said.text, "it is not opened")
    loss = number_text(kept.outcome.validation_loss)
    assert (
        f"Training it for 4 epochs repeats its outcome up to rounding: validation loss {loss}."
        in window.messages.strip.said.text
    )
    experiment = window.session.experiment
    assert experiment.training.learning_rate == 0.1 and experiment.seed == plan.experiment.seed + 1
    train(window, 4)
    hands.until(lambda: window.session.is_up_to_date and window.session.report.snapshot.epoch == 4, "it is not trained")
    assert window.session.report.snapshot.evaluation.validation_loss == kept.outcome.validation_loss


def test_runs_with_equal_settings_and_other_pasts_are_told_apart(window: Window) -> None:
    for changes in ((0.05,), (0.1, 0.05)):
        window.session.open(load_preset("spiral").with_({"training.learning_rate": changes[0]}), "spiral")
        train(window, 1)
        for rate in changes[1:]:
            set_rate(window, rate)
            train(window, 1)
    window.session.open(load_preset("spiral"), "spiral")
    window.runs.show()
    await_rows(window, 2)
    view = window.runs.view
    hands.click(view.table, cell(view, 0))
    hands.click(view.table, cell(view, 1), held="Ctrl")
    words = "From the older to the newer: no setting differs now; one was changed on the way."
    hands.until(lambda: view.shown().sentence == words, "the past is not told")


def test_forgetting_all_asks_first_and_leaves_nothing(window: Window, three: RunsView, folder: Path) -> None:
    hands.push(window, "runs.forget")
    question = window.findChild(QMessageBox, "forgetting.question")
    hands.click(next(button for button in question.buttons() if button.text() == "Delete all"))
    await_rows(window, 0)
    assert not [path for path in folder.rglob("*") if path.suffix in (".playground", ".png", ".note")]


def test_a_window_that_closes_keeps_its_run_and_full_stores_say_so(window: Window, folder: Path) -> None:
    train(window, 2)
    window.runs.close()
    store = RunStore(folder, limit=1)
    assert [run.outcome.epoch for run in store.table().runs] == [2]
    store.close()
    window.runs.begin(folder, limit=1000)
    train(window, 1)
    window.session.reset()
    hands.until(lambda: "the oldest runs without a star are removed" in window.messages.strip.text.text(), "not said")


def test_a_damaged_run_is_told_and_the_others_open(window: Window, three: RunsView, folder: Path) -> None:
    path = folder / f"{three.runs.run_at(0).id}.playground"
    path.write_bytes(msgspec.msgpack.encode({}))
    hands.click(three.table, cell(three, 0))
    hands.push(window, "runs.open")
    hands.until(lambda: "it is not a document" in window.messages.strip.text.text(), "the damage is not told")
    hands.until(lambda: "damaged" in three.shown().rows[0][1], "the row does not say so")


def test_a_run_left_within_an_epoch_has_the_same_numbers_in_the_list_and_in_its_curve(window: Window) -> None:
    spiral = load_preset("spiral")
    for experiment in (spiral, spiral.with_({"precision": "float64", "training.learning_rate": 0.1})):
        window.session.open(experiment, "spiral")
        train(window, 2)
        window.session.ask(lambda trainer: trainer.advance(steps=7)).result(hands.PATIENCE / 1000)
        # A live change of the points means another loss at once, without an epoch.
        window.session.edit(window.session.experiment.with_({"data.noise": 0.4}))
        hands.until(lambda: window.session.is_up_to_date, "the change does not arrive")
    window.session.open(spiral, "spiral")
    window.runs.show()
    await_rows(window, 2)
    view, tracks = window.runs.view, window.parts.tracks
    assert view.shown().headings[4:6] == ("Learning rate η", "Precision")
    hands.click(view.table, cell(view, 0))
    hands.until(lambda: tracks.shown().loss.kept, "there are no curves")
    loss = view.shown().rows[0][2]
    hands.until(lambda: f"Two spirals {loss}" in tracks.shown().headings[0], "the curve ends elsewhere")
    _, validation = tracks.shown().loss.kept
    assert 2 < validation[1][-1, 0] < 3 and f"{validation[1][-1, 1]:.3g}" == loss

    # Two of one name are told apart by the time at which they were kept, also at the ends of their curves.
    hands.click(view.table, cell(view, 1), held="Ctrl")
    hands.until(lambda: len(tracks.shown().loss.kept) == 4, "there are no curves of both")
    names = [name.removesuffix(" validation") for name, _ in tracks.shown().loss.kept[1::2]]
    texts = dict(painted_texts(hands.control(window, "tracks.sheet")))
    assert len(set(names)) == 2
    for name in names:
        assert " Two spirals" in name and name in texts
    one, other = (texts[name] for name in names)
    assert abs(one.top() - other.top()) > one.height() + 3, "parentheses and descenders stand on each other"
