"""The data panel: gallery, rows and features, by real mouse and keyboard."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QPushButton

from playground import Experiment
from playground.catalog.choice import members
from playground.catalog.datasets import Circle, Dataset, Plane, Spiral, Table
from playground.catalog.features import FEATURES
from playground.catalog.losses import CrossEntropy, SquaredError
from playground.presets import RESOURCES
from ui import theme
from ui.panels.data import DataPanel, own_settings, with_feature
from ui.panels.pictures import DataTile, FeatureTile

LEFT = Qt.MouseButton.LeftButton
PENGUINS = Table(
    path=str(RESOURCES / "data" / "penguins.csv"), x1="bill_length_mm", x2="bill_depth_mm", target="species"
)


@pytest.fixture
def owner(own: Callable):
    return own(DataPanel([("Penguins", PENGUINS)]), Experiment(data=Circle(points=300, noise=0.1, seed=5)))


def chosen(owner) -> list[str]:
    return [tile.text() for tile in owner.panel.tiles if tile.isChecked()]


def test_every_data_set_that_can_be_drawn_has_a_picture(owner) -> None:
    kinds = [kind.label for name, kind in members(Dataset).items() if name not in ("table", "points")]
    assert [tile.text() for tile in owner.panel.tiles] == [*kinds, "Penguins"]
    for tile in owner.panel.tiles:
        picture = tile.draw(58, 1.0, theme.LIGHT).toImage()
        colours = {picture.pixel(x, y) for x in range(58) for y in range(58)}
        assert len(colours) > 2, tile.text()


def test_a_click_takes_another_data_set_and_keeps_the_common_settings(qtbot, owner) -> None:
    qtbot.mouseClick(owner.find("data.kind.spiral"), LEFT)
    assert owner.experiment.data == Spiral(points=300, noise=0.1, seed=5)
    assert owner.asked == [("data Spiral", False)]
    assert chosen(owner) == ["Spiral"]


def test_a_click_on_a_sample_takes_the_table(qtbot, owner) -> None:
    qtbot.mouseClick(owner.find("data.kind.penguins"), LEFT)
    assert owner.experiment.data == msgspec.structs.replace(PENGUINS, points=300, noise=0.1, seed=5)
    assert chosen(owner) == ["Penguins"]
    assert "species" in owner.panel.about.text()


def test_a_click_on_the_present_data_set_changes_nothing(qtbot, owner) -> None:
    qtbot.mouseClick(owner.find("data.kind.circle"), LEFT)
    assert owner.asked == []
    assert chosen(owner) == ["Circle"]


def test_a_refused_data_set_leaves_the_present_one_chosen(qtbot, owner) -> None:
    owner.panel.edited.disconnect(owner.take)
    qtbot.mouseClick(owner.find("data.kind.spiral"), LEFT)
    assert chosen(owner) == ["Circle"]


def test_a_loss_that_the_new_task_does_not_allow_becomes_automatic(qtbot, own: Callable) -> None:
    owner = own(DataPanel(), Experiment(loss=CrossEntropy()))
    qtbot.mouseClick(owner.find("data.kind.plane"), LEFT)
    assert owner.experiment.loss is None
    owner = own(DataPanel(), Experiment(loss=SquaredError()))
    qtbot.mouseClick(owner.find("data.kind.plane"), LEFT)
    assert owner.experiment.loss == SquaredError()


def test_a_table_without_a_picture_leaves_no_tile_chosen(owner) -> None:
    owner.panel.show_experiment(Experiment(data=msgspec.structs.replace(PENGUINS, target="island")))
    assert chosen(owner) == []


def test_wrong_labels_are_off_for_regression_and_say_why(qtbot, owner) -> None:
    entry = owner.find("data.label_noise")
    assert entry.isEnabled()
    qtbot.mouseClick(owner.find("data.kind.plane"), LEFT)
    assert not entry.isEnabled()
    assert "regression" in entry.toolTip()
    qtbot.mouseClick(owner.find("data.kind.penguins"), LEFT)
    assert entry.isEnabled()


def test_new_data_takes_the_next_seed(qtbot, owner) -> None:
    button = owner.find("data.new")
    assert isinstance(button, QPushButton)
    qtbot.mouseClick(button, LEFT)
    assert owner.experiment.data.seed == 6
    assert owner.find("data.seed").text() == "6"


def test_own_settings_of_a_data_set_come_and_go_with_it(qtbot, owner) -> None:
    assert owner.panel.findChild(QPushButton, "data.task") is None
    qtbot.mouseClick(owner.find("data.kind.penguins"), LEFT)
    combo = owner.find("data.task")
    qtbot.keyClick(combo, Qt.Key.Key_Down)
    assert owner.experiment.data.task == "classification"
    qtbot.mouseClick(owner.find("data.kind.circle"), LEFT)
    assert not combo.isVisible()


def test_settings_that_both_data_sets_have_are_kept() -> None:
    table = msgspec.structs.replace(PENGUINS, task="classification")
    assert own_settings(table, PENGUINS)["task"] == "classification"
    assert own_settings(Plane(), PENGUINS)["path"] == PENGUINS.path


def test_features_are_switched_by_click_and_stay_in_order(qtbot, owner) -> None:
    qtbot.mouseClick(owner.find("features.radius"), LEFT)
    qtbot.mouseClick(owner.find("features.x1_squared"), LEFT)
    assert owner.experiment.features == ("x1", "x2", "x1_squared", "radius")
    qtbot.mouseClick(owner.find("features.x2"), LEFT)
    assert owner.experiment.features == ("x1", "x1_squared", "radius")
    assert owner.asked[-1] == ("feature x₂ off", False)


def test_an_order_of_ones_own_is_kept() -> None:
    assert with_feature(("x2", "x1"), "radius") == ("x2", "x1", "radius")


def test_the_last_feature_cannot_be_switched_off_and_says_why(qtbot, owner) -> None:
    qtbot.mouseClick(owner.find("features.x1"), LEFT)
    last = owner.find("features.x2")
    count = len(owner.asked)
    qtbot.mouseClick(last, LEFT)
    assert len(owner.asked) == count
    assert last.isChecked()
    assert "at least one input" in last.toolTip()


def test_features_and_data_sets_are_reached_by_keyboard(qtbot, owner) -> None:
    tile = owner.find("features.sin_x1")
    tile.setFocus()
    qtbot.keyClick(tile, Qt.Key.Key_Space)
    assert "sin_x1" in owner.experiment.features


def test_every_feature_and_data_set_explains_itself(owner) -> None:
    tiles = [*owner.panel.findChildren(DataTile), *owner.panel.findChildren(FeatureTile)]
    assert len(tiles) >= len(FEATURES) + 8
    for tile in tiles:
        assert tile.accessibleName()
        assert len(tile.toolTip()) > 20


def test_pictures_follow_the_theme(qtbot, qapp, owner) -> None:
    tile = owner.find("data.kind.circle")
    light = tile.grab(tile.rect()).toImage()
    theme.apply(qapp, "dark")
    dark = tile.grab(tile.rect()).toImage()
    theme.apply(qapp, "light")
    at = QPoint(tile.width() // 2, 4)
    assert light.pixelColor(at).lightness() > dark.pixelColor(at).lightness()
