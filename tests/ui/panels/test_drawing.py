"""Drawing points: every tool by real mouse and keyboard, on a pad that hands gestures over as the picture does."""

from __future__ import annotations

import gc
import itertools
import time
import weakref
from collections.abc import Callable

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QPushButton, QWidget

from playground import Experiment, Trainer, check
from playground.catalog.datasets.base import MAX_OWN_POINTS, TEST, TRAIN, VALIDATION, Dataset, draw_sample
from playground.catalog.datasets.own_points import UserPoints, to_own_points
from playground.catalog.datasets.shapes import Blobs, Circle, Spiral, TiltedPlane
from playground.catalog.datasets.table import Table
from playground.catalog.losses import CrossEntropy
from playground.experiment.tree import EarlyStopping, Training
from playground.interop.opening import RESOURCES
from tests.ui import hands
from ui.look import theme
from ui.panels.data.panel import DataPanel
from ui.panels.drawing.panel import DrawingPanel, count_words
from ui.panels.drawing.strokes import GRAB_DISTANCE, Canvas, Style, _mirror_into_plane, _split_of, canvas_of
from ui.panels.layers.panel import LayersPanel
from ui.panels.training import TrainingPanel
from ui.panels.transport import TransportBar
from ui.session.session import Session

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
PENGUINS = Table(
    path=str(RESOURCES / "data" / "penguins.csv"), x1="bill_length_mm", x2="bill_depth_mm", target="species"
)
SIDE = 480


class Pad(QWidget):
    """The plane from −6 to 6, without a picture: tells a panel about gestures as the boundary does."""

    def __init__(self, panel: DrawingPanel) -> None:
        super().__init__()
        self.panel = panel
        self.setFixedSize(SIDE, SIDE)

    def plane(self, position: QPointF) -> tuple[float, float]:
        return position.x() / SIDE * 12 - 6, 6 - position.y() / SIDE * 12

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.panel.press(*self.plane(event.position()), event.button(), event.modifiers())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.panel.drag(*self.plane(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.panel.release(*self.plane(event.position()))

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.panel.wheel(*self.plane(event.position()), event.angleDelta().y() // 120)


def at(x1: float, x2: float) -> QPoint:
    """Where a place of the plane is on the pad."""
    return QPoint(round((x1 + 6) / 12 * SIDE), round((6 - x2) / 12 * SIDE))


class Drawer:
    """A person with a mouse at the pad."""

    def __init__(self, qtbot, owner, pad: Pad) -> None:
        self.qtbot, self.owner, self.pad, self.panel = qtbot, owner, pad, owner.panel

    def stroke(self, *places: tuple[float, float], button: Qt.MouseButton = LEFT) -> None:
        hands.press(self.pad, at(*places[0]), button=button)
        for place in places[1:]:
            self.move(*place)
        hands.release(self.pad, at(*places[-1]), button=button)

    def move(self, x1: float, x2: float) -> None:
        hands.move(self.pad, at(x1, x2))

    def click(self, name: str) -> None:
        hands.click(self.owner.find(f"drawing.{name}"))

    def to_the_keyboard(self) -> None:
        self.panel.activateWindow()
        self.qtbot.waitUntil(self.panel.isActiveWindow)

    @property
    def data(self) -> UserPoints:
        assert isinstance(self.owner.experiment.data, UserPoints)
        return self.owner.experiment.data

    def places(self) -> np.ndarray:
        return np.stack([self.data.x1, self.data.x2], axis=1)


@pytest.fixture
def begin(qtbot, own: Callable) -> Callable[[Dataset], Drawer]:
    def put(data: Dataset, **settings: object) -> Drawer:
        owner = own(DrawingPanel(), Experiment(data=data, **settings))
        pad = Pad(owner.panel)
        qtbot.addWidget(pad)
        pad.show()
        return Drawer(qtbot, owner, pad)

    return put


@pytest.fixture
def with_session(qtbot, session: Session) -> Callable[[Experiment], DrawingPanel]:
    """A panel that asks a real session, which holds an experiment."""

    def put(experiment: Experiment) -> DrawingPanel:
        session.open(experiment, "these points")
        panel = DrawingPanel()
        qtbot.addWidget(panel)
        panel.edited.connect(session.edit)
        session.experiment_changed.connect(panel.show_experiment)
        panel.show_experiment(session.experiment)
        return panel

    return put


BLANK = UserPoints(validation_fraction=0.25)


# Strokes ------------------------------------------------------------------------------------------------------


def test_a_click_adds_one_point_where_it_is(begin) -> None:
    drawer = begin(BLANK)
    drawer.click("tool.brush")
    drawer.stroke((1.5, -2.0))
    assert (drawer.data.x1, drawer.data.x2, drawer.data.target) == ((1.5,), (-2.0,), (0.0,))
    assert drawer.data.train == (True,)
    assert drawer.owner.asked[-1] == ("points drawn", False)


def test_the_first_stroke_replaces_the_point_that_stood_in(begin) -> None:
    drawer = begin(BLANK)
    drawer.click("tool.brush")
    drawer.stroke((-4, 0), (4, 0))
    assert drawer.data.size > 20
    assert (0.0, 0.0) not in set(map(tuple, drawer.places().tolist()))
    check(drawer.owner.experiment)


def test_a_stroke_leaves_points_in_step_with_its_way_not_with_the_mouse(begin) -> None:
    sizes = []
    for steps in (3, 40):
        drawer = begin(BLANK)
        drawer.click("tool.brush")
        drawer.stroke(*((x, 0.0) for x in np.linspace(-5, 5, steps)))
        sizes.append(drawer.data.size)
        assert np.abs(drawer.places()[:, 1]).max() <= 0.5
    assert sizes[0] == pytest.approx(51, abs=2)
    assert sizes[1] == pytest.approx(51, abs=2)


def test_a_whole_stroke_is_one_undo_step(qtbot, with_session, session: Session) -> None:
    panel = with_session(Experiment(data=BLANK))
    panel.start()
    steps = len(session.history.done)
    panel.press(0, 0, LEFT)
    for x in np.linspace(0, 5, 30):
        panel.drag(x, 1)
        hands.let_pass(2, "a hand takes its time")
    panel.release(5, 1)
    assert len(session.history.done) == steps + 1
    assert session.history.done[-1].label == "points drawn"
    assert not session.history.done[-1].open
    drawn = session.experiment.data
    session.undo()
    assert session.experiment.data == BLANK
    assert canvas_of(panel.experiment.data).x.shape == (0, 2)
    session.redo()
    assert session.experiment.data == drawn


def test_the_picture_follows_a_drag_and_the_last_edit_is_exact(begin) -> None:
    drawer = begin(BLANK)
    drawer.click("tool.brush")
    hands.press(drawer.pad, at(-5, 0))
    assert drawer.owner.asked == [("points drawn", True)]
    started = time.perf_counter()
    for x in np.linspace(-5, 5, 200):
        drawer.move(x, 0)
        hands.let_pass(1, "a hand takes its time")
    hands.release(drawer.pad, at(5, 0))
    # At most thirty edits a second, the first at once, the last when the button is let go.
    assert 3 <= len(drawer.owner.asked) <= 3 + 31 * (time.perf_counter() - started)
    assert [changing for _, changing in drawer.owner.asked] == [True] * (len(drawer.owner.asked) - 1) + [False]
    assert max(drawer.data.x1) > 4.5


def test_drawing_on_a_data_set_takes_over_exactly_what_it_shows(begin) -> None:
    spiral = Spiral(points=100, noise=0.1, label_noise=0.1, test_fraction=0.2, validation_fraction=0.3, seed=4)
    before = draw_sample(spiral)
    drawer = begin(spiral)
    drawer.click("tool.brush")
    drawer.stroke((5.0, 5.0))
    after = draw_sample(drawer.data)
    np.testing.assert_array_equal(after.x[:-1], before.x)
    np.testing.assert_array_equal(after.labels[:-1], before.labels)
    np.testing.assert_array_equal(after.split[:-1], before.split)
    assert after.x[-1].tolist() == [5, 5]
    assert [changing for _, changing in drawer.owner.asked] == [True, False]


def test_penguins_keep_their_names_when_drawn_on(begin) -> None:
    drawer = begin(PENGUINS)
    assert [button.text() for button in drawer.panel.classes.buttons] == ["Adelie", "Chinstrap", "Gentoo"]
    drawer.click("tool.brush")
    drawer.click("class.2")
    drawer.stroke((0, 5))
    assert drawer.data.class_names == ("Adelie", "Chinstrap", "Gentoo")
    assert drawer.data.target[-1] == 2


def test_new_points_are_split_as_the_shares_say(begin) -> None:
    drawer = begin(UserPoints(validation_fraction=0.3, test_fraction=0.2))
    drawer.click("tool.cluster")
    for place in ((-3, 0), (3, 0), (0, 3), (0, -3)):
        drawer.stroke(place)
    split = draw_sample(drawer.data).split
    shares = [float(np.mean(split == part)) for part in (TRAIN, VALIDATION, TEST)]
    assert shares == pytest.approx([0.5, 0.3, 0.2], abs=0.02)


def test_without_a_validation_share_all_new_points_train(begin) -> None:
    drawer = begin(UserPoints(validation_fraction=0.0))
    drawer.click("tool.cluster")
    drawer.stroke((0, 0))
    assert drawer.data.train == (True,) * 50


def test_the_eraser_takes_what_it_passes_over_however_fast(begin) -> None:
    drawer = begin(UserPoints(x1=(-4.0, 0.0, 4.0, 0.0), x2=(0.0, 0.0, 0.0, 3.0), target=(0.0,) * 4))
    drawer.click("tool.eraser")
    drawer.stroke((-5, 0.2), (5, 0.2))
    assert drawer.places().tolist() == [[0, 3]]
    assert drawer.owner.asked[-1] == ("points erased", False)


def test_the_right_button_erases_with_any_tool(begin) -> None:
    drawer = begin(UserPoints(x1=(-4.0, 4.0), x2=(0.0, 0.0), target=(0.0, 1.0)))
    drawer.click("tool.move")
    drawer.stroke((4, 0), button=RIGHT)
    assert drawer.places().tolist() == [[-4, 0]]


def test_erasing_everything_leaves_a_blank_set(begin) -> None:
    drawer = begin(UserPoints(x1=(1.0, 1.2), x2=(0.0, 0.0), target=(1.0, 1.0)))
    drawer.click("tool.eraser")
    drawer.stroke((1.1, 0))
    assert drawer.data.is_blank
    check(drawer.owner.experiment)
    drawer.qtbot.waitUntil(lambda: "No points yet" in drawer.panel.count.text())


def test_erasing_all_that_train_makes_another_one_train(begin) -> None:
    drawer = begin(UserPoints(x1=(0.0, 3.0, 4.0), x2=(0.0,) * 3, target=(0.0,) * 3, train=(True, False, False)))
    drawer.click("tool.eraser")
    drawer.stroke((0, 0))
    assert drawer.data.train == (True, False)
    check(drawer.owner.experiment)


def test_erasing_nothing_changes_nothing(begin) -> None:
    drawer = begin(to_own_points(Circle(points=20)))
    drawer.click("tool.eraser")
    drawer.stroke((-5.9, 5.9), (-5.8, 5.9))
    drawer.click("tool.move")
    drawer.stroke((-5.9, 5.9), (3, 3))
    assert drawer.owner.asked == []


def test_move_drags_the_nearest_point_within_reach(begin) -> None:
    drawer = begin(UserPoints(x1=(0.0, 1.0), x2=(0.0, 0.0), target=(0.0, 1.0), train=(True, False)))
    drawer.click("tool.move")
    drawer.stroke((0.9, 0), (2, 2), (3, -3))
    assert drawer.places() == pytest.approx(np.array([[0, 0], [3.1, -3]]), abs=0.03)
    assert (drawer.data.target, drawer.data.train) == ((0, 1), (True, False))
    assert drawer.owner.asked[-1] == ("point moved", False)
    drawer.stroke((3.1, -3), (9, -3))
    assert drawer.data.x1[1] == 6


def test_a_click_without_a_drag_moves_nothing(begin) -> None:
    drawer = begin(UserPoints(x1=(0.1, 1.0), x2=(0.0, 0.0), target=(0.0, 1.0)))
    drawer.click("tool.move")
    drawer.stroke((0.0, 0.0))
    assert drawer.owner.asked == []


def test_a_cluster_is_a_cloud_that_follows_until_it_is_let_go(begin) -> None:
    drawer = begin(BLANK)
    drawer.click("tool.cluster")
    drawer.panel.toolbox.rows["spread"].edits.make(0.3)
    drawer.stroke((0, 0), (2, -2))
    places = drawer.places()
    assert len(places) == 50
    assert places.mean(axis=0) == pytest.approx([2, -2], abs=0.2)
    assert places.std(axis=0) == pytest.approx([0.3, 0.3], abs=0.1)
    assert drawer.owner.asked[-1] == ("cluster added", False)


def test_the_same_gesture_gives_the_same_points(begin) -> None:
    results = []
    for _ in range(2):
        drawer = begin(to_own_points(Circle(points=30, seed=2)))
        drawer.click("tool.brush")
        drawer.stroke((-3, -3), (3, 3))
        drawer.click("noise")
        results.append(drawer.data)
    assert results[0] == results[1]


def test_points_never_leave_the_plane_by_drawing(begin) -> None:
    drawer = begin(BLANK)
    drawer.click("tool.brush")
    drawer.panel.toolbox.rows["radius"].edits.make(3.0)
    drawer.stroke((5.9, 5.9), (-5.9, 5.9))
    assert np.abs(drawer.places()).max() <= 6


def test_without_a_tool_the_picture_is_only_looked_at(begin) -> None:
    drawer = begin(to_own_points(Circle(points=20)))
    drawer.stroke((0, 0), (3, 3))
    drawer.stroke((0, 0), (3, 3), button=RIGHT)
    drawer.panel.wheel(0, 0, 3)
    assert drawer.owner.asked == []
    assert drawer.panel.toolbox.settings.radius == 0.5


def test_a_press_of_another_button_is_no_stroke(begin) -> None:
    drawer = begin(BLANK)
    drawer.click("tool.brush")
    drawer.stroke((0, 0), (1, 1), button=Qt.MouseButton.MiddleButton)
    assert drawer.owner.asked == []


def test_a_stroke_whose_release_got_lost_ends_with_the_next(begin) -> None:
    drawer = begin(BLANK)
    drawer.click("tool.brush")
    hands.press(drawer.pad, at(-5, 0))
    drawer.move(-3, 0)
    first = drawer.panel.gesture.stroke.canvas
    drawer.stroke((4, 4))
    assert drawer.data.size == len(first) + 1
    assert [changing for _, changing in drawer.owner.asked].count(False) == 2


def test_places_that_are_no_numbers_are_ignored(begin) -> None:
    drawer = begin(BLANK)
    drawer.click("tool.brush")
    drawer.panel.press(float("nan"), 0)
    assert drawer.panel.gesture.stroke is None
    drawer.panel.press(1, 1)
    drawer.panel.drag(float("inf"), 0)
    drawer.panel.release(float("nan"), 0)
    assert drawer.places().tolist() == [[1, 1]]


def test_a_refused_stroke_is_void(qtbot, with_session, session: Session) -> None:
    data = UserPoints(x1=(0.0, 3.0), x2=(0.0, 0.0), target=(0.0, 1.0), train=(True, False))
    panel = with_session(Experiment(data=data, training=Training(early_stopping=EarlyStopping())))
    panel.choose_tool("eraser")
    with qtbot.waitSignal(session.refused):
        panel.press(3, 0, LEFT)
    panel.drag(0, 0)
    panel.release(0, 0)
    assert session.experiment.data == data
    assert panel.gesture.stroke is None


def test_undo_in_the_middle_of_a_stroke_ends_it(with_session, session: Session) -> None:
    panel = with_session(Experiment(data=BLANK))
    panel.start()
    panel.press(0, 0, LEFT)
    session.undo()
    panel.drag(1, 1)
    panel.release(2, 2)
    assert session.experiment.data == BLANK


def test_what_is_drawn_can_be_trained_on(begin) -> None:
    drawer = begin(BLANK)
    drawer.click("tool.cluster")
    drawer.stroke((-3, 0))
    drawer.click("class.1")
    drawer.stroke((3, 0))
    trainer = Trainer(drawer.owner.experiment, engine="reference")
    before = trainer.evaluate().train_loss
    trainer.advance(epochs=5)
    assert trainer.evaluate().train_loss < before


# Limits and speed -------------------------------------------------------------------------------------------------


def test_no_more_points_than_can_be_handled_and_it_is_said(qtbot, begin) -> None:
    many = to_own_points(Circle(points=MAX_OWN_POINTS - 10))
    drawer = begin(many)
    drawer.click("tool.cluster")
    drawer.stroke((0, 0))
    assert drawer.data.size == MAX_OWN_POINTS
    qtbot.waitUntil(lambda: "the most there can be" in drawer.panel.hint.text())
    drawer.stroke((0, 0))
    assert drawer.data.size == MAX_OWN_POINTS


def test_a_data_set_that_is_too_large_is_not_taken_over_and_it_is_said(begin) -> None:
    drawer = begin(Circle(points=MAX_OWN_POINTS + 1))
    drawer.click("tool.brush")
    drawer.stroke((0, 0), (1, 1))
    for name in ("noise", "class.add", "add", "task.regression"):
        drawer.click(name)
    assert drawer.owner.asked == []
    assert "20,001" in drawer.panel.hint.text()
    assert drawer.owner.find("drawing.task.classification").isChecked()


def test_a_stroke_over_thousands_of_points_is_quick(qtbot) -> None:
    panel = DrawingPanel()
    qtbot.addWidget(panel)
    panel.show_experiment(Experiment(data=to_own_points(Circle(points=10_000))))
    panel.start()
    panel.press(0, 0, LEFT)
    durations = []
    for x in np.linspace(0, 5, 200):
        # What others do on this machine does not count.
        started = time.thread_time()
        panel.drag(x, 0)
        durations.append(time.thread_time() - started)
    assert np.median(durations) < 0.004
    panel.release(5, 0)


def test_slow_edits_leave_time_for_the_rest(qtbot, begin) -> None:
    drawer = begin(BLANK)
    drawer.owner.panel.edited.connect(lambda *_: hands.keep_busy(50, "a slow edit"))
    drawer.click("tool.brush")
    started = time.perf_counter()
    hands.press(drawer.pad, at(-5, 0))
    stroke = itertools.cycle(np.linspace(-5, 5, 100))
    while len(drawer.owner.asked) < 4:
        drawer.move(next(stroke), 0)
        hands.let_pass(3, "a hand takes its time")
    hands.release(drawer.pad, at(5, 0))
    # The first at once, the last when the button is let go, and after each three times as long for all else.
    assert 5 <= len(drawer.owner.asked) <= 2 + (time.perf_counter() - started) / 0.15
    assert max(drawer.data.x1) > 4.5


# Tools ------------------------------------------------------------------------------------------------------------


def test_the_window_hears_what_the_tool_is(begin) -> None:
    drawer = begin(to_own_points(Blobs(points=30)))
    told: list[tuple[bool, float, object]] = []
    drawer.panel.tool_changed.connect(lambda *words: told.append(words))
    drawer.panel.start()
    assert told[-1] == (True, 0.5, theme.LIGHT.classes[0])
    drawer.click("class.2")
    assert told[-1] == (True, 0.5, theme.LIGHT.classes[2])
    drawer.click("tool.eraser")
    assert told[-1] == (True, 0.5, None)
    drawer.click("tool.move")
    assert told[-1] == (True, GRAB_DISTANCE, None)
    drawer.click("tool.cluster")
    assert told[-1] == (True, 1.2, theme.LIGHT.classes[2])
    drawer.click("tool.cluster")
    assert told[-1] == (False, 0.0, None)
    count = len(told)
    drawer.panel.stop()
    assert len(told) == count


def test_done_and_escape_put_the_tool_down(qtbot, begin) -> None:
    drawer = begin(BLANK)
    drawer.to_the_keyboard()
    for finish in (lambda: drawer.click("done"), lambda: hands.key(drawer.panel, "Escape")):
        drawer.panel.start()
        with qtbot.waitSignal(drawer.panel.done_asked):
            finish()
        assert drawer.panel.toolbox.tool is None


def test_a_hidden_panel_holds_no_tool(begin) -> None:
    drawer = begin(BLANK)
    drawer.panel.start()
    drawer.panel.hide()
    assert drawer.panel.toolbox.tool is None


def test_classes_and_radius_have_keys(begin) -> None:
    drawer = begin(to_own_points(Blobs(points=30)))
    drawer.to_the_keyboard()
    drawer.click("tool.brush")
    hands.type_text("3", drawer.panel)
    assert drawer.panel.classes.chosen == 2
    hands.type_text("9", drawer.panel)
    assert drawer.panel.classes.chosen == 2
    hands.type_text("]", drawer.panel)
    assert drawer.panel.toolbox.settings.radius > 0.5
    hands.type_text("[", drawer.panel)
    assert drawer.panel.toolbox.settings.radius == pytest.approx(0.5, abs=0.01)


def test_the_wheel_over_the_picture_changes_brush_and_spread(begin) -> None:
    drawer = begin(BLANK)
    drawer.click("tool.brush")
    hands.wheel(drawer.pad, 2, at(0, 0))
    assert drawer.panel.toolbox.settings.radius == pytest.approx(0.66)
    assert drawer.owner.find("drawing.radius").text() == "0.66"
    hands.wheel(drawer.pad, -30, at(0, 0))
    assert drawer.panel.toolbox.settings.radius == 0.05
    hands.wheel(drawer.pad, 60, at(0, 0))
    assert drawer.panel.toolbox.settings.radius == 3
    drawer.click("tool.cluster")
    hands.wheel(drawer.pad, 1, at(0, 0))
    assert drawer.panel.toolbox.settings.spread == pytest.approx(0.69)
    assert drawer.owner.asked == []


def test_settings_are_shown_where_they_matter(begin) -> None:
    drawer = begin(BLANK)
    for name, wanted in {"brush": {"radius"}, "move": set(), "cluster": {"cluster_points", "spread"}}.items():
        drawer.panel.choose_tool(name)
        shown = {key for key, row in drawer.panel.toolbox.rows.items() if row.isVisible()}
        assert shown - {"jitter"} == wanted


def test_a_setting_is_typed(begin) -> None:
    drawer = begin(BLANK)
    drawer.panel.choose_tool("cluster")
    entry = drawer.owner.find("drawing.cluster_points")
    hands.fill(entry, "7")
    drawer.stroke((0, 0))
    assert drawer.data.size == 7


# Classes, values, all at once -----------------------------------------------------------------------------------


def test_a_class_is_added_and_named(begin) -> None:
    drawer = begin(BLANK)
    drawer.click("class.add")
    assert drawer.owner.asked[-1] == ("class C added", False)
    assert drawer.panel.classes.chosen == 2
    assert drawer.data.is_blank
    entry = drawer.owner.find("drawing.class.name")
    assert entry.text() == "C"
    hands.fill(entry, "green")
    assert drawer.data.class_names == ("A", "B", "green")
    assert draw_sample(drawer.data).outputs == 1
    drawer.click("tool.brush")
    drawer.stroke((1, 1))
    assert drawer.data.target == (2,)
    assert draw_sample(drawer.data).class_names == ("A", "B", "green")
    assert drawer.owner.find("drawing.class.2").accessibleName() == "Draw class green"


def test_a_name_that_another_class_has_is_refused(begin) -> None:
    drawer = begin(BLANK)
    entry = drawer.owner.find("drawing.class.name")
    hands.fill(entry, "B")
    assert drawer.owner.asked == []
    assert "Each class needs a name of its own." in entry.toolTip()


def test_there_are_at_most_ten_classes(begin) -> None:
    drawer = begin(BLANK)
    for _ in range(8):
        drawer.click("class.add")
    assert len(drawer.panel.classes.buttons) == 10
    assert not drawer.panel.classes.add_button.isVisible()
    check(drawer.owner.experiment)
    drawer.panel.show_experiment(Experiment(data=BLANK))
    assert len(drawer.panel.classes.buttons) == 2
    assert drawer.panel.classes.chosen == 1
    assert drawer.panel.classes.add_button.isVisible()


def test_naming_a_class_of_another_data_set_takes_its_points_over(begin) -> None:
    drawer = begin(Circle(points=20))
    entry = drawer.owner.find("drawing.class.name")
    hands.fill(entry, "inner")
    assert drawer.data.class_names == ("inner", "B")
    np.testing.assert_array_equal(draw_sample(drawer.data).x, draw_sample(Circle(points=20)).x)


def test_values_are_drawn_for_regression(begin) -> None:
    drawer = begin(to_own_points(TiltedPlane(points=20)))
    drawer.panel.choose_tool("brush")
    assert not drawer.panel.classes.isVisible()
    entry = drawer.owner.find("drawing.value")
    hands.fill(entry, "-0.25")
    drawer.stroke((1, 1))
    assert drawer.data.target[-1] == -0.25


def test_the_task_is_switched_and_a_loss_that_no_longer_fits_goes(begin) -> None:
    drawer = begin(to_own_points(Blobs(points=30, classes=3)), loss=CrossEntropy())
    drawer.click("task.regression")
    assert set(drawer.data.target) == {-1, 0, 1}
    assert drawer.owner.experiment.loss is None
    assert drawer.owner.asked[-1] == ("task regression", False)
    assert drawer.owner.find("drawing.value").isVisible()
    drawer.click("task.classification")
    assert drawer.data == to_own_points(Blobs(points=30, classes=3))
    check(drawer.owner.experiment)


def test_a_point_is_added_by_numbers(begin) -> None:
    drawer = begin(BLANK)
    first, second = drawer.owner.find("drawing.x1"), drawer.owner.find("drawing.x2")
    for entry, text in ((first, "1.25"), (second, "-3")):
        entry.setFocus()
        entry.selectAll()
        hands.type_text(text, entry)
    button = drawer.owner.find("drawing.add")
    button.setFocus()
    hands.key(button, "Space")
    assert drawer.places().tolist() == [[1.25, -3]]
    assert drawer.owner.asked == [("point added", False)]


def test_a_place_off_the_plane_is_refused_in_words(begin) -> None:
    drawer = begin(BLANK)
    entry = drawer.owner.find("drawing.x1")
    entry.setFocus()
    entry.selectAll()
    hands.type_text("7", entry)
    drawer.click("add")
    assert drawer.owner.asked == []
    assert "Must be at most 6." in drawer.panel.hint.text().replace("−", "-")


def test_a_place_that_can_be_read_in_two_ways_is_refused_with_both(begin) -> None:
    drawer = begin(BLANK)
    entry = drawer.owner.find("drawing.x1")
    entry.setFocus()
    entry.selectAll()
    hands.type_text("2,500", entry)
    drawer.click("add")
    assert drawer.owner.asked == []
    assert "2,500 can mean 2500 or 2.5; type one of them." in drawer.panel.hint.text()


def test_noise_moves_every_point_and_keeps_the_rest(begin) -> None:
    own = to_own_points(Circle(points=200))
    drawer = begin(own)
    drawer.click("noise")
    moved = drawer.places() - draw_sample(own).x
    assert moved.std() == pytest.approx(0.2, rel=0.15)
    assert (drawer.data.target, drawer.data.train) == (own.target, own.train)
    assert drawer.owner.asked == [("noise added", False)]
    first = drawer.places()
    drawer.click("noise")
    # The second time moves otherwise than the first.
    assert not np.allclose(drawer.places() - first, moved)


def test_clear_takes_all_points_away_and_keeps_names_and_shares(begin) -> None:
    own = msgspec.structs.replace(to_own_points(PENGUINS), validation_fraction=0.25, seed=7)
    drawer = begin(own)
    drawer.click("clear")
    assert drawer.data.is_blank
    assert drawer.data.class_names == own.class_names
    assert (drawer.data.validation_fraction, drawer.data.seed) == (0.25, 7)
    assert drawer.owner.asked == [("points cleared", False)]
    drawer.click("clear")
    assert len(drawer.owner.asked) == 1


def test_the_panel_counts(begin) -> None:
    assert count_words(to_own_points(Circle(points=4, validation_fraction=0.25))) == "4 points: 3 train, 1 validate."
    assert "1 test" in count_words(to_own_points(Circle(points=4, validation_fraction=0.25, test_fraction=0.25)))
    assert count_words(UserPoints(x1=(1.0,))) == "1 point: 1 train, 0 validate."
    drawer = begin(Circle(points=4))
    drawer.click("tool.brush")
    assert "The 4 points of Circle become your own" in drawer.panel.hint.text()


def test_every_control_is_named_explained_and_reachable(begin) -> None:
    drawer = begin(to_own_points(Blobs(points=30)))
    drawer.panel.choose_tool("cluster")
    controls = [
        *drawer.panel.findChildren(QPushButton),
        *drawer.panel.toolbox.buttons.values(),
        *drawer.panel.classes.buttons,
        *drawer.panel.task.buttons,
        *drawer.panel.entry.places,
        drawer.panel.classes.name,
    ]
    assert len(controls) > 15
    for control in controls:
        assert control.objectName() and control.accessibleName() and control.toolTip()
        assert control.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_the_panel_fits_its_column_in_both_themes(qapp, begin) -> None:
    drawer = begin(to_own_points(PENGUINS))
    for name in theme.THEMES:
        theme.apply(qapp, name)
        for tool in drawer.panel.toolbox.buttons:
            drawer.panel.choose_tool(tool)
            assert drawer.panel.minimumSizeHint().width() <= 288
            assert not drawer.panel.grab().isNull()
    theme.apply(qapp, "light")


# The arithmetic below -------------------------------------------------------------------------------------------


def test_a_canvas_and_its_data_set_are_the_same_points() -> None:
    for data in (
        to_own_points(Spiral(points=40, test_fraction=0.2)),
        to_own_points(TiltedPlane(points=40)),
        to_own_points(PENGUINS),
    ):
        assert canvas_of(data).as_data(data) == data


def test_parts_are_mixed_evenly_from_the_start() -> None:
    style = Style(0.5, 0.0, 10, 0.5, 0, 0.5, 0.0)
    parts = _split_of(0, 400, style)
    for k in range(4, 400):
        assert abs(np.mean(parts[:k] == VALIDATION) - 0.5) <= 2 / k + 0.02
    assert np.array_equal(_split_of(100, 50, style), parts[100:150])


def test_places_beyond_the_edge_are_mirrored_back() -> None:
    assert _mirror_into_plane(np.array([[6.5, -7.0], [1.0, 20.0]])).tolist() == [[5.5, -5.0], [1.0, -6.0]]


def test_of_points_on_top_of_each_other_the_last_is_taken() -> None:
    canvas = Canvas(np.array([[0.0, 0.0], [0.0, 0.0]]), np.zeros(2), np.zeros(2, np.int8), "classification", ())
    assert canvas.nearest((0.1, 0.0)) == 1
    assert canvas.nearest((2.0, 0.0)) is None


@pytest.mark.parametrize("kind", [DataPanel, DrawingPanel, LayersPanel, TrainingPanel, TransportBar])
def test_a_panel_goes_as_soon_as_nobody_holds_it_without_the_garbage_collector(qapp, kind: type[QWidget]) -> None:
    assert not gc.isenabled()
    panel = kind()
    gone = weakref.ref(panel)
    del panel
    assert gone() is None
