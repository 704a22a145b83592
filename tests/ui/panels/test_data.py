"""The data panel: gallery, rows and features, by real mouse and keyboard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton, QWidget

from playground import Experiment, check
from playground.catalog.choice import members
from playground.catalog.datasets.base import Dataset, draw_sample
from playground.catalog.datasets.own_points import UserPoints, to_own_points
from playground.catalog.datasets.shapes import Blobs, Circle, Moons, Spiral, TiltedPlane, Xor
from playground.catalog.datasets.table import Table
from playground.catalog.datasets.tfplayground import TfPlayground
from playground.catalog.features import FEATURES
from playground.catalog.losses import CrossEntropy, SquaredError
from playground.interop.opening import RESOURCES
from tests.ui import hands
from ui.look import theme
from ui.panels.data.panel import DataPanel, kept_settings, with_feature
from ui.panels.tiles import DataTile, FeatureTile

PENGUINS = Table(
    path=str(RESOURCES / "data" / "penguins.csv"), x1="bill_length_mm", x2="bill_depth_mm", target="species"
)


@pytest.fixture
def owner(own: Callable):
    return own(DataPanel([("Penguins", PENGUINS)]), Experiment(data=Circle(points=300, noise=0.1, seed=5)))


def test_a_long_name_is_smaller_before_it_is_narrowed(qtbot) -> None:
    tiles = {name: DataTile(name, "", draw_sample(Circle())) for name in ("Circle", "Gaussians", "Playground")}
    for tile in tiles.values():
        qtbot.addWidget(tile)
        tile.resize(45, 60)
    assert (tiles["Circle"].name_font.pixelSize(), tiles["Circle"].name_font.stretch()) == (theme.SMALL, 100)
    for name in ("Gaussians", "Playground"):
        font = tiles[name].name_font
        assert font.pixelSize() == theme.SMALL - 1 and font.stretch() >= 74


def chosen(owner) -> list[str]:
    return [tile.text() for tile in owner.panel.tiles if tile.isChecked()]


def test_every_data_set_that_can_be_drawn_has_a_picture(owner) -> None:
    kinds = [kind.label for name, kind in members(Dataset).items() if name not in ("table", "points")]
    assert [tile.text() for tile in owner.panel.tiles] == [*kinds, "Penguins"]
    for tile in owner.panel.tiles:
        picture = tile.draw(58, 1.0, theme.LIGHT).toImage()
        colours = {picture.pixel(x, y) for x in range(58) for y in range(58)}
        assert len(colours) > 2, tile.text()


def test_a_click_takes_another_data_set_and_keeps_the_common_settings(owner) -> None:
    hands.click(owner.find("data.kind.spiral"))
    assert owner.experiment.data == Spiral(points=300, noise=0.1, seed=5)
    assert owner.asked == [("data Spiral", False)]
    assert chosen(owner) == ["Spiral"]


def test_a_click_on_a_sample_takes_the_table(owner) -> None:
    hands.click(owner.find("data.kind.penguins"))
    assert owner.experiment.data == msgspec.structs.replace(PENGUINS, noise=0.1, seed=5)
    assert chosen(owner) == ["Penguins"]
    assert "species" in owner.panel.about.text()


def test_a_click_on_the_present_data_set_changes_nothing(owner) -> None:
    hands.click(owner.find("data.kind.circle"))
    assert owner.asked == []
    assert chosen(owner) == ["Circle"]


def test_a_refused_data_set_leaves_the_present_one_chosen(owner) -> None:
    owner.panel.edited.disconnect(owner.take)
    hands.click(owner.find("data.kind.spiral"))
    assert chosen(owner) == ["Circle"]


def test_a_loss_that_the_new_task_does_not_allow_becomes_automatic(own: Callable) -> None:
    owner = own(DataPanel(), Experiment(loss=CrossEntropy()))
    hands.click(owner.find("data.kind.plane"))
    assert owner.experiment.loss is None
    owner = own(DataPanel(), Experiment(loss=SquaredError()))
    hands.click(owner.find("data.kind.plane"))
    assert owner.experiment.loss == SquaredError()


def test_a_table_without_a_picture_leaves_no_tile_chosen(owner) -> None:
    owner.panel.show_experiment(Experiment(data=msgspec.structs.replace(PENGUINS, path="")))
    assert chosen(owner) == []


def test_wrong_labels_are_off_for_regression_and_say_why(owner) -> None:
    entry = owner.find("data.label_noise")
    assert entry.isEnabled()
    hands.click(owner.find("data.kind.plane"))
    assert not entry.isEnabled()
    assert "regression" in entry.toolTip()
    hands.click(owner.find("data.kind.penguins"))
    assert entry.isEnabled()


def test_new_data_takes_the_next_seed(owner) -> None:
    button = owner.find("data.new")
    assert isinstance(button, QPushButton)
    hands.click(button)
    assert owner.experiment.data.seed == 6
    assert owner.find("data.seed").text() == "6"


def test_the_data_of_a_link_have_settings_of_their_own(owner) -> None:
    common = owner.find("data.points")
    hands.click(owner.find("data.kind.tfplayground"))
    assert owner.experiment.data == TfPlayground()
    assert chosen(owner) == ["Playground"]
    assert not common.isVisible()
    assert owner.panel.findChildren(QWidget, "data.points") == []
    hands.fill(owner.find("data.seed"), "0.59704")
    hands.fill(owner.find("data.noise"), "25")
    assert owner.experiment.data == TfPlayground(seed="0.59704", noise=25)
    combo = owner.find("data.dataset")
    hands.key(combo, "End")
    assert owner.experiment.data == TfPlayground("reg-gauss", seed="0.59704", noise=25)
    hands.click(owner.find("data.kind.xor"))
    assert owner.experiment.data == Xor()
    assert owner.find("data.points") is common and common.isVisible()
    assert owner.find("data.seed").text() == "0"


def test_points_brought_along_replace_those_of_a_link(own: Callable) -> None:
    owner = own(DataPanel(), Experiment(data=TfPlayground()))
    points = to_own_points(TfPlayground())
    owner.panel.take(points, "data points")
    assert owner.experiment.data == points


def test_own_settings_of_a_data_set_come_and_go_with_it(owner) -> None:
    assert owner.panel.findChild(QPushButton, "data.task") is None
    hands.click(owner.find("data.kind.penguins"))
    combo = owner.find("data.task")
    hands.key(combo, "Down")
    assert owner.experiment.data.task == "classification"
    hands.click(owner.find("data.kind.circle"))
    assert not combo.isVisible()


def test_settings_that_both_data_sets_have_are_kept() -> None:
    table = msgspec.structs.replace(PENGUINS, task="classification")
    assert kept_settings(table, PENGUINS)["task"] == "classification"
    assert kept_settings(TiltedPlane(), PENGUINS)["path"] == PENGUINS.path


def test_features_are_switched_by_click_and_stay_in_order(owner) -> None:
    hands.click(owner.find("features.radius"))
    hands.click(owner.find("features.x1_squared"))
    assert owner.experiment.features == ("x1", "x2", "x1_squared", "radius")
    hands.click(owner.find("features.x2"))
    assert owner.experiment.features == ("x1", "x1_squared", "radius")
    assert owner.asked[-1] == ("feature x₂ off", False)


def test_an_order_of_ones_own_is_kept() -> None:
    assert with_feature(("x2", "x1"), "radius") == ("x2", "x1", "radius")


def test_the_last_feature_cannot_be_switched_off_and_says_why(owner) -> None:
    hands.click(owner.find("features.x1"))
    last = owner.find("features.x2")
    count = len(owner.asked)
    hands.click(last)
    assert len(owner.asked) == count
    assert last.isChecked()
    assert "at least one input" in last.toolTip()


def test_features_and_data_sets_are_reached_by_keyboard(owner) -> None:
    tile = owner.find("features.sin_x1")
    tile.setFocus()
    hands.key(tile, "Space")
    assert "sin_x1" in owner.experiment.features


def test_every_feature_and_data_set_explains_itself(owner) -> None:
    tiles = [*owner.panel.findChildren(DataTile), *owner.panel.findChildren(FeatureTile)]
    assert len(tiles) >= len(FEATURES) + 8
    for tile in tiles:
        assert tile.accessibleName()
        assert len(tile.toolTip()) > 20


def test_pictures_follow_the_theme(qapp, owner) -> None:
    tile = owner.find("data.kind.circle")
    light = tile.grab(tile.rect()).toImage()
    theme.apply(qapp, "dark")
    dark = tile.grab(tile.rect()).toImage()
    theme.apply(qapp, "light")
    at = QPoint(tile.width() // 2, 4)
    assert light.pixelColor(at).lightness() > dark.pixelColor(at).lightness()


# Own data ---------------------------------------------------------------------------------------------------------


def set_clipboard(text: str) -> None:
    QGuiApplication.clipboard().setText(text)


def test_buttons_ask_for_drawing_and_files(qtbot, owner) -> None:
    panel = owner.panel
    for name, signal in (
        ("draw", panel.own_data.draw_asked),
        ("import", panel.own_data.import_asked),
        ("export", panel.own_data.export_asked),
    ):
        with qtbot.waitSignal(signal):
            hands.click(owner.find(f"data.{name}"))
        with qtbot.waitSignal(signal):
            owner.find(f"data.{name}").setFocus()
            hands.key(owner.find(f"data.{name}"), "Space")


@pytest.mark.parametrize("data", [Circle(points=50, noise=0.2, test_fraction=0.1), TiltedPlane(points=30), PENGUINS])
def test_points_copied_and_pasted_are_the_very_same(own: Callable, data: Dataset) -> None:
    owner = own(DataPanel(), Experiment(data=data))
    hands.click(owner.find("data.copy"))
    assert QGuiApplication.clipboard().text().startswith("x1\tx2\t")
    assert "copied" in owner.find("data.message").text()
    hands.click(owner.find("data.paste"))
    before, after = draw_sample(data), draw_sample(owner.experiment.data)
    for name in ("x", "labels", "split"):
        np.testing.assert_array_equal(getattr(after, name), getattr(before, name))
    assert (after.task, after.class_names) == (before.task, before.class_names)
    assert owner.asked == [("data from the clipboard", False)]
    assert "exactly as they are" in owner.find("data.message").text()


def test_exported_points_come_back_exactly(own: Callable, tmp_path: Path) -> None:
    drawn = to_own_points(Moons(points=80, noise=0.15, validation_fraction=0.3))
    owner = own(DataPanel(), Experiment(data=drawn))
    for name in ("points.csv", "points.tsv"):
        owner.panel.own_data.export_points(tmp_path / name)
        assert f"80 points written to {name}." in owner.find("data.message").text()
        owner.take(Experiment(data=Spiral(points=80, validation_fraction=0.3)), "", False)
        owner.panel.own_data.import_file(tmp_path / name)
        assert owner.experiment.data == drawn
    assert (tmp_path / "points.tsv").read_text().startswith("x1\tx2\tlabel\tsplit\n")


def test_what_cannot_be_written_is_told(qtbot, owner, tmp_path: Path) -> None:
    with qtbot.waitSignal(owner.panel.own_data.said) as told:
        owner.panel.own_data.export_points(tmp_path / "missing" / "points.csv")
    assert "was not written" in told.args[0]


def test_what_cannot_be_pasted_or_imported_is_told_and_changes_nothing(owner, tmp_path: Path) -> None:
    for text, words in (
        ("", "no text in the clipboard"),
        ("x1\tx2\tlabel\n1\tred\tA\n", "row 2, column x2"),
        ("1,2\n" + "7" * 200_000, "row 2"),
    ):
        set_clipboard(text)
        hands.click(owner.find("data.paste"))
        assert words in owner.find("data.message").text()
    owner.panel.own_data.import_file(tmp_path / "none.csv")
    assert "none.csv" in owner.find("data.message").text()
    assert owner.asked == []


def test_other_cells_are_asked_for_in_a_dialog(owner) -> None:
    set_clipboard("width\theight\tkind\n1\t2\ta\n3\t4\tb\n5\t1\ta\n")
    hands.click(owner.find("data.paste"))
    dialog = owner.panel.own_data.dialog
    assert dialog is not None and dialog.isVisible()
    assert owner.asked == []
    hands.click(dialog.ok)
    assert owner.experiment.data.x1 == (-5, 0, 5)
    assert owner.experiment.data.class_names == ("a", "b")
    assert owner.asked == [("data from the clipboard", False)]
    assert owner.panel.own_data.dialog is None


def test_what_was_imported_is_said_as_long_as_these_points_are_shown(owner) -> None:
    set_clipboard("width\theight\tkind\n1\t2\ta\n3\t4\tb\n5\t1\ta\n")
    hands.click(owner.find("data.paste"))
    hands.click(owner.panel.own_data.dialog.ok)
    message, own = owner.find("data.message"), owner.experiment
    assert message.text() == (
        "3 points taken from the clipboard, scaled to −5…5. x₁ is width, x₂ is height, and the target is kind."
    )
    owner.find("data.test_fraction.slider").setValue(300)
    assert owner.experiment != own
    assert "x₂ is height" in message.text() and message.isVisible()
    owner.panel.choose(Circle())
    assert not message.isVisible()
    owner.panel.show_experiment(own)
    assert "x₂ is height" in message.text() and message.isVisible()


def test_data_brought_along_is_split_as_before_and_without_noise(own: Callable) -> None:
    present = Experiment(data=Circle(noise=0.3, label_noise=0.1, validation_fraction=0.2, seed=9), loss=CrossEntropy())
    owner = own(DataPanel(), present)
    owner.panel.take(PENGUINS, "data penguins.csv")
    assert owner.experiment.data == msgspec.structs.replace(PENGUINS, validation_fraction=0.2, seed=9)
    owner.panel.take(to_own_points(TiltedPlane(points=10)), "data values")
    assert owner.experiment.loss is None
    check(owner.experiment)


def test_own_points_get_a_tile_and_come_back_as_they_were(owner) -> None:
    mine = to_own_points(Moons(points=60))
    owner.take(Experiment(data=mine), "", False)
    assert chosen(owner) == ["Own points"]
    hands.click(owner.find("data.kind.spiral"))
    entry = owner.find("data.noise")
    hands.fill(entry, "0.3")
    hands.click(owner.find("data.kind.points"))
    assert owner.experiment.data == mine
    assert chosen(owner) == ["Own points"]


def test_a_table_of_ones_own_gets_a_tile_and_comes_back_as_it_was(owner, tmp_path: Path) -> None:
    for name, rows in (("first", "0,0,A\n1,1,B\n2,0,A\n"), ("second", "3,0,A\n1,2,B\n2,1,B\n")):
        file = tmp_path / f"{name}.csv"
        file.write_text(f"u,v,kind\n{rows}")
        table = Table(path=str(file), x1="u", x2="v", target="kind")
        owner.take(Experiment(data=table), "", False)
        assert chosen(owner) == [name]
        hands.click(owner.find("data.kind.spiral"))
        assert chosen(owner) == ["Spiral"]
        hands.click(owner.find("data.kind.table"))
        assert owner.experiment.data.path == str(file) and chosen(owner) == [name]
    assert "second" in owner.find("data.kind.table").toolTip(), "the latest table has the tile"


def test_a_tile_that_the_focus_comes_back_to_by_itself_does_not_look_chosen(owner) -> None:
    tile = owner.find("data.kind.circle")
    owner.find("data.kind.spiral").setFocus(Qt.FocusReason.TabFocusReason)
    plain = tile.grab().toImage()
    tile.setFocus(Qt.FocusReason.OtherFocusReason)
    assert tile.grab().toImage() == plain
    tile.setFocus(Qt.FocusReason.TabFocusReason)
    owner.find("data.kind.spiral").setFocus(Qt.FocusReason.TabFocusReason)
    tile.setFocus(Qt.FocusReason.TabFocusReason)
    assert tile.grab().toImage() != plain, "by the keyboard one has to see where the focus is"


def test_a_blank_set_has_no_tile(owner) -> None:
    owner.take(Experiment(data=UserPoints()), "", False)
    assert owner.panel.own_tile is None
    assert chosen(owner) == []


def test_the_picture_of_the_chosen_data_set_follows_it(qtbot, owner) -> None:
    tile = owner.find("data.kind.blobs")
    clean = tile.sample
    owner.take(Experiment(data=Blobs(classes=5, noise=0.2)), "", False)
    qtbot.waitUntil(lambda: len(tile.sample.class_names) == 5)
    assert tile.sample.x.std() > 0
    owner.take(Experiment(data=Circle(noise=0.2)), "", False)
    qtbot.waitUntil(lambda: tile.sample is clean)
    own = to_own_points(Moons(points=3000))
    owner.take(Experiment(data=own), "", False)
    picture = owner.find("data.kind.points")
    owner.take(Experiment(data=msgspec.structs.replace(own, noise=0.5)), "", False)
    qtbot.waitUntil(lambda: not np.array_equal(picture.sample.x, draw_sample(own).x[::5]))
    assert len(picture.sample.labels) == 600


def test_what_a_table_leaves_out_is_said(qtbot, owner) -> None:
    notes = owner.find("data.notes")
    assert not notes.isVisible()
    owner.take(Experiment(data=PENGUINS), "", False)
    qtbot.waitUntil(notes.isVisible)
    assert notes.text() == "2 rows left out: no value in bill_length_mm (rows 5, 273)."
    owner.take(Experiment(data=Circle()), "", False)
    qtbot.waitUntil(lambda: not notes.isVisible())


def test_what_a_data_set_is_has_no_marks_of_code(owner) -> None:
    owner.take(Experiment(data=Moons()), "", False)
    assert "make_moons" in owner.panel.about.text()
    tips = [tile.toolTip() for tile in owner.panel.findChildren(DataTile)]
    assert tips and not any("`" in text for text in (owner.panel.about.text(), *tips))


def test_the_number_of_own_points_is_said_and_not_set(owner) -> None:
    owner.take(Experiment(data=to_own_points(Moons(points=60))), "", False)
    assert not owner.find("data.points").isVisible()
    assert owner.panel.about.text().startswith("60 points of your own")
    owner.take(Experiment(data=Circle(points=80)), "", False)
    assert owner.find("data.points").isVisible()
    assert owner.find("data.points").text() == "80"


def test_another_share_splits_marked_points_anew(own: Callable) -> None:
    owner = own(DataPanel(), Experiment(data=to_own_points(Moons(points=100))))
    entry = owner.find("data.validation_fraction")
    hands.fill(entry, "0.2")
    assert owner.experiment.data.train is None
    assert int(np.sum(draw_sample(owner.experiment.data).split == 0)) == 80


def test_the_task_of_own_points_turns_values_into_classes(own: Callable) -> None:
    owner = own(DataPanel(), Experiment(data=to_own_points(TiltedPlane(points=50)), loss=SquaredError()))
    hands.key(owner.find("data.task"), "Up")
    assert owner.experiment.data.task == "classification"
    assert set(owner.experiment.data.target) == {0, 1}
    owner = own(DataPanel(), Experiment(data=to_own_points(Blobs(points=50)), loss=CrossEntropy()))
    hands.key(owner.find("data.task"), "Down")
    assert owner.experiment.data.task == "regression"
    assert owner.experiment.loss is None


def test_the_buttons_of_own_data_explain_themselves(owner) -> None:
    for name in ("draw", "import", "copy", "paste", "export"):
        button = owner.find(f"data.{name}")
        assert button.accessibleName() and len(button.toolTip()) > 30
        assert button.focusPolicy() & Qt.FocusPolicy.TabFocus


# Numbers by hand ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["1000000", "1,000,000", "1e6", "1 000 000"])
def test_a_million_points_are_typed_and_seen_whole(qtbot, owner, text: str) -> None:
    entry = owner.find("data.points")
    hands.double_click(entry)
    entry.selectAll()
    for count, letter in enumerate(text, 1):
        hands.type_text(letter, entry)
        assert entry.text() == text[:count]
    hands.key(entry, "Return")
    assert owner.experiment.data.points == 1_000_000
    owner.find("data.seed").setFocus()
    assert entry.text() == "1,000,000"
    qtbot.waitUntil(lambda: entry.width() >= entry.fontMetrics().horizontalAdvance("1,000,000") + theme.px(14))


@pytest.mark.parametrize(("text", "points"), [("1,000,000", 1_000_000), ("1e6", 1_000_000), (" 2 500\n", 2500)])
def test_a_number_is_pasted_as_other_programs_write_it(owner, text: str, points: int) -> None:
    QGuiApplication.clipboard().setText(text)
    entry = owner.find("data.points")
    entry.setFocus()
    entry.selectAll()
    hands.key(entry, "Ctrl+V")
    hands.key(entry, "Return")
    assert owner.experiment.data.points == points


def test_a_decimal_comma_is_refused_with_the_way_to_write_it(owner) -> None:
    QGuiApplication.clipboard().setText("0,5")
    entry = owner.find("data.noise")
    entry.setFocus()
    entry.selectAll()
    hands.key(entry, "Ctrl+V")
    assert entry.property("invalid")
    assert "The decimal sign is a point, as in 0.5" in entry.toolTip()
    hands.key(entry, "Return")
    assert owner.experiment.data.noise == 0.1
    assert owner.asked == []
    hands.key(entry, "Escape")
    assert entry.text() == "0.1"
    assert not entry.property("invalid")


def test_settings_of_the_split_and_the_target_are_there_where_they_have_an_effect(qtbot, owner) -> None:
    x = tuple(float(k) for k in range(8))
    classes = UserPoints(x1=x, x2=x, target=(0.0,) * 7 + (1.0,))
    owner.take(Experiment(data=classes), "", False)
    rows = owner.panel.forms[UserPoints].rows
    assert rows["stratified"].isEnabled() and not rows["scale_target"].isEnabled()
    qtbot.waitUntil(lambda: owner.panel.notes.text() == "Class B has no validation points.")
    owner.take(
        Experiment(data=msgspec.structs.replace(classes, task="regression", train=(True,) * 7 + (False,))), "", False
    )
    assert not rows["stratified"].isEnabled() and rows["scale_target"].isEnabled()
    said = "All training targets are equal, so their R² is undefined. "
    said += "There is only one validation point, and the R² of a single point is undefined."
    qtbot.waitUntil(lambda: owner.panel.notes.text() == said)
