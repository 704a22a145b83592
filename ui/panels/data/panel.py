"""The data panel: a gallery of data sets, settings of how the points are generated and split, and the features."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QLabel, QToolTip, QVBoxLayout, QWidget

from playground import Experiment, InputError, Snapshot
from playground.catalog.choice import members
from playground.catalog.datasets.base import Adjustable, Collected, Dataset, Sample, draw_sample, with_common
from playground.catalog.datasets.own_points import UserPoints
from playground.catalog.datasets.table import Table
from playground.catalog.features import FEATURES
from playground.experiment.declarations import fields_of
from playground.experiment.paths import is_in_range, value_at, with_value
from playground.experiment.tasks import with_data
from playground.files.layout import Reading
from playground.measure.sentences import counted

from ...forms.buttons import identify, push_button, tip
from ...forms.edits import Edits
from ...forms.layouts import PANEL_MARGINS, quiet, tight
from ...forms.rows import Form, FormRow, row_for
from ...look.beat import Throttle
from ...look.theme import GRID, px
from ..panel import Panel, heading
from ..tiles import DataTile, FeatureTile
from .final_test import FinalTest
from .own_points import OwnData

_GALLERY_COLUMNS = 5
_FEATURE_COLUMNS = 5
_PICTURE_POINTS = {"classification": 240, "regression": 900}
"""Values fill the plane, so that their shape shows; classes leave gaps, so that their points do."""
_COMMON = ("points", "noise", "label_noise", "validation_fraction", "test_fraction", "seed")
_TABLE_PLACE = ("path", "x1", "x2", "target", *Reading._fields)
"""Fields of a table that are chosen by opening a file, not in a row."""
_OWN_NAME = "Own points"
_MOST_TABLES = 5
"""The most tables of a person's own that have a tile."""
_MOST_PICTURED = 600
"""How many points the small picture of a person's own data set shows at most."""


class DataPanel(Panel):
    """The data set, its points and their split, and the features.

    `samples` are real tables that come with the program, each with its name for people. Points come and go as text
    through `own_data`.
    """

    test_asked = Signal()
    """Asks for the result on the test points."""

    def __init__(self, samples: Sequence[tuple[str, Table]] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lines = tight(QVBoxLayout(self), margins=PANEL_MARGINS)
        self.tiles: dict[DataTile, Dataset] = {}
        self.forms: dict[type[Dataset], Form] = {}
        self._common: dict[str, FormRow] = {}
        self.own_tile: DataTile | None = None
        self.table_tiles: list[DataTile] = []
        """The tiles of a person's own tables."""
        self._tables: list[tuple[Table, Sample]] = []
        """These tables with their pictures, the latest first."""
        self._late = Throttle(self._show_late, self)
        self._add_gallery(samples)
        self.own_data = OwnData()
        self.own_data.taken.connect(self.take)
        self.lines.addWidget(self.own_data)
        self._add_common_rows()
        self._own_rows = QVBoxLayout()
        self.lines.addLayout(self._own_rows)
        self._add_new_data()
        self.features = self._add_features()
        self.lines.addStretch(1)
        self.show_experiment(self.experiment)

    def _add_gallery(self, samples: Sequence[tuple[str, Table]]) -> None:
        self.lines.addWidget(heading("Data"))
        self.group = QButtonGroup(self, exclusive=True)
        self._gallery = grid = tight(QGridLayout())
        declared = [(kind.label, kind()) for kind in members(Dataset).values()]
        for name, dataset in [*declared, *samples]:
            drawn = _drawable(dataset)
            # One point, as a set has that is still to be drawn, makes no picture.
            if drawn is not None and len(drawn.x) > 1:
                self._tile(name, dataset, drawn)
        for column in range(_GALLERY_COLUMNS):
            grid.setColumnStretch(column, 1)
        self.lines.addLayout(grid)
        self.about = quiet(QLabel(wordWrap=True, alignment=Qt.AlignmentFlag.AlignTop))
        self.about.setMinimumHeight(px(2 * self.about.fontMetrics().lineSpacing() + 2))
        self.lines.addWidget(self.about)
        self.notes = quiet(identify(QLabel(wordWrap=True), "data.notes", "About the data set"))
        self.notes.hide()
        self.lines.addWidget(self.notes)

    def _tile(self, name: str, dataset: Dataset, drawn: Sample) -> DataTile:
        tile = DataTile(name, tip(_about_data(dataset)), drawn, self)
        identify(tile, f"data.kind.{name.lower() if isinstance(dataset, Table) else dataset.kind}", f"Data set {name}")
        tile.clicked.connect(self._tile_clicked)
        self.group.addButton(tile)
        self.tiles[tile] = dataset
        self._gallery.addWidget(tile, *divmod(len(self.tiles) - 1, _GALLERY_COLUMNS))
        return tile

    def _tile_clicked(self) -> None:
        tile = self.sender()
        if isinstance(tile, DataTile):
            self.choose(self.tiles[tile])
            self._show_gallery(self.experiment.data)

    def choose(self, dataset: Dataset) -> None:
        """Ask for a data set of this kind with the present points, noise and shares; a person's own points come back
        unchanged."""
        Edits.end_open()
        present = self.experiment.data
        if _same_source(dataset, present):
            return
        data = dataset
        if isinstance(dataset, Adjustable) and not isinstance(dataset, UserPoints):
            data = with_common(present, type(dataset), **kept_settings(present, dataset))
        self.edited.emit(with_data(self.experiment, data), "", False)

    def take(self, dataset: Dataset, title: str) -> None:
        """Ask for an imported data set, split as the present one is."""
        Edits.end_open()
        present = self.experiment.data
        kept = ["seed", "validation_fraction", "test_fraction"]
        if isinstance(dataset, UserPoints):
            # It has no use for the number, but the next data set that is drawn has.
            kept.append("points")
        common = with_common(present, UserPoints)
        data = msgspec.structs.replace(dataset, **{name: getattr(common, name) for name in kept})
        self.edited.emit(with_data(self.experiment, data), title, False)

    def ask(self, path: str, value: object, changing: bool = False, title: str = "") -> None:
        """Ask for another value; other fields of the data set may have to change with it."""
        if not path.startswith("data."):
            super().ask(path, value, changing, title)
            return
        if not changing:
            Edits.end_open()
        try:
            data = _with_setting(self.experiment.data, path.removeprefix("data."), value)
        except InputError:
            # The data set went away while its control still had something to say.
            return
        self.edited.emit(with_data(self.experiment, data), title, changing)

    def _show_gallery(self, data: Dataset) -> None:
        chosen = next((tile for tile, dataset in self.tiles.items() if _same_source(dataset, data)), None)
        # An exclusive group keeps one button checked; a data set that has no picture unchecks them all.
        self.group.setExclusive(False)
        for tile in self.tiles:
            tile.setChecked(tile is chosen)
        self.group.setExclusive(True)
        self.about.setText(_about_data(data))

    def _show_late(self) -> None:
        """Update the pictures and the notes on a table, which may lag behind an edit."""
        data = self.experiment.data
        for tile, dataset in self.tiles.items():
            tile.show_sample(self._pictured(tile, dataset))
        drawn = isinstance(data, Collected) and not (isinstance(data, Table) and not data.path)
        notes = draw_sample(data).notes if drawn else ()
        self.notes.setText(" ".join(notes))
        self.notes.setVisible(bool(notes))

    def _pictured(self, tile: DataTile, dataset: Dataset) -> Sample:
        """Return the points of a tile: with the present settings if it is chosen, a person's own as they are, else
        clean ones."""
        if isinstance(dataset, UserPoints):
            return _thin_out(draw_sample(dataset))
        return (_drawable(self.experiment.data, noisy=True) if tile.isChecked() else None) or tile.clean

    def _keep_own_points(self, data: Dataset) -> None:
        """Keep a tile for a person's own points while another data set is shown."""
        if not isinstance(data, UserPoints) or data.is_blank:
            return
        if self.own_tile is None:
            self.own_tile = self._tile(_OWN_NAME, data, _thin_out(draw_sample(data)))
            self.own_tile.setObjectName("data.kind.points")
        self.tiles[self.own_tile] = data

    @property
    def kept_data(self) -> list[Dataset]:
        """The data sets of a person's own that have a tile though another one is shown."""
        tiles = [*([] if self.own_tile is None else [self.own_tile]), *self.table_tiles]
        kept = [self.tiles[tile] for tile in tiles]
        return [data for data in kept if data != self.experiment.data]

    def keep(self, data: Dataset) -> None:
        """Keep a tile for a data set of a person's own that is not shown."""
        if not (self.own_tile and isinstance(data, UserPoints)):
            self._keep_own_points(data)
            self._keep_table(data, is_latest=False)
            self._late.request()

    def _keep_table(self, data: Dataset, *, is_latest: bool = True) -> None:
        """Keep tiles for the latest tables of a person's own while another data set is shown."""
        others = (other for tile, other in self.tiles.items() if tile not in self.table_tiles)
        if not isinstance(data, Table) or any(_same_source(data, other) for other in others):
            return
        for place, (table, drawn) in enumerate(self._tables):
            if _same_source(data, table):
                self._tables[place] = data, drawn
                self.tiles[self.table_tiles[place]] = data
                return
        if (picture := _drawable(data)) is not None:
            self._tables.insert(0 if is_latest else len(self._tables), (data, picture))
            del self._tables[_MOST_TABLES:]
            self._show_tables()

    def _show_tables(self) -> None:
        """Let the tiles of a person's own tables stand for them, the latest first."""
        if len(self.table_tiles) < len(self._tables):
            self.table_tiles.append(self._tile("", *self._tables[-1]))
        for place, (tile, (table, drawn)) in enumerate(zip(self.table_tiles, self._tables, strict=True)):
            name, code = Path(table.path).stem, f"data.kind.table.{place + 1}" if place else "data.kind.table"
            tile.show_name(name, drawn)
            identify(tile, code, f"Data set {name}", tip(f"{name}. {_about_data(table)}"))
            self.tiles[tile] = table

    def _add_common_rows(self) -> None:
        self._common_rows = QWidget()
        lines = tight(QVBoxLayout(self._common_rows))
        self.lines.addWidget(self._common_rows)
        declared = fields_of(Adjustable)
        names = [*_COMMON[:-1], *(name for name in declared if name not in _COMMON), _COMMON[-1]]
        for name in names:
            row = row_for(declared[name], f"data.{name}") if name in declared else None
            if row is not None:
                lines.addWidget(self.add(row))
                self._common[name] = row
            if name == "test_fraction":
                self.final_test = FinalTest()
                self.final_test.asked.connect(self.test_asked)
                lines.addWidget(self.final_test)

    def _add_new_data(self) -> None:
        words = "Draws new points of the same kind, with the next data seed."
        self._new_data = push_button("data.new", "New data", words, small=True)
        self._new_data.clicked.connect(self._next_seed)
        self.rows["data.seed"].line.addWidget(self._new_data)

    def _next_seed(self) -> None:
        if isinstance(self.experiment.data, Adjustable):
            self.ask("data.seed", (self.experiment.data.seed + 1) % 2**53, title="new data")

    def _show_own_rows(self, data: Dataset) -> None:
        kind = type(data)
        if kind not in self.forms:
            common = fields_of(Adjustable) if issubclass(kind, Adjustable) else {}
            elsewhere = {name for name, field in fields_of(kind).items() if field == common.get(name)}
            self.forms[kind] = Form(kind, "", skip={*elsewhere, *_TABLE_PLACE})
            self.forms[kind].edited.connect(self.ask)
            self._own_rows.addWidget(self.forms[kind])
        for other, form in self.forms.items():
            form.set_path("data" if other is kind else "")
            form.setVisible(other is kind and bool(form.rows))
        self.forms[kind].show_value(data)
        self.forms[kind].show_obstacles(self.experiment)

    def _add_features(self) -> dict[str, FeatureTile]:
        self.lines.addSpacing(px(GRID // 2))
        self.lines.addWidget(heading("Features"))
        grid, tiles = tight(QGridLayout()), {}
        for place, name in enumerate(FEATURES):
            tile = tiles[name] = FeatureTile(name, self)
            identify(tile, f"features.{name}", f"Feature {FEATURES[name].label}")
            tile.clicked.connect(self._feature_clicked)
            grid.addWidget(tile, *divmod(place, _FEATURE_COLUMNS))
        self.lines.addLayout(grid)
        return tiles

    def _feature_clicked(self, on: bool) -> None:
        tile = self.sender()
        if not isinstance(tile, FeatureTile):
            return
        name, features = tile.feature, self.experiment.features
        if features == (name,):
            QToolTip.showText(tile.mapToGlobal(tile.rect().bottomLeft()), tile.toolTip(), tile)
        else:
            wanted = with_feature(features, name) if on else without_feature(features, name)
            self.ask("features", wanted)
        self._show_features(self.experiment.features)

    def _show_features(self, features: Sequence[str]) -> None:
        for name, tile in self.features.items():
            tile.setChecked(name in features)
            last = tuple(features) == (name,)
            only = "The network needs at least one input. Switch another one on first." if last else ""
            tile.setToolTip(tip(only, f"{FEATURES[name].label}: {FEATURES[name].help}"))

    def show_experiment(self, experiment: Experiment) -> None:
        before, first = self.experiment, not self.forms
        self._place_common_rows(experiment.data)
        super().show_experiment(experiment)
        if first or experiment.data != before.data:
            self._show_data(experiment.data)
        self._show_features(experiment.features)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show the result on the test points, if it was asked for."""
        self.final_test.show_snapshot(snapshot)

    def _place_common_rows(self, data: Dataset) -> None:
        """Hide the common rows for a data set that has none of these settings."""
        for name, row in self._common.items():
            has_own = name == "points" and isinstance(data, Table)
            row.set_path(f"data.{name}" if isinstance(data, Adjustable) and not has_own else "")
            # Own points are all used: how many there are is said above.
            row.setVisible(name != "points" or not isinstance(data, (Table, UserPoints)))
        self._common_rows.setVisible(isinstance(data, Adjustable))

    def _show_data(self, data: Dataset) -> None:
        self._keep_own_points(data)
        self._keep_table(data)
        self._show_gallery(data)
        self._show_own_rows(data)
        self.own_data.show_data(data)
        self.final_test.show_data(data)
        self._late.request()


def _drawable(dataset: Dataset, noisy: bool = False) -> Sample | None:
    """Draw some points of a data set for its picture; None if it has none yet."""
    wanted = {} if noisy else {"noise": 0.0, "label_noise": 0.0}
    wanted["points"] = _PICTURE_POINTS[dataset.tasks[0]]
    known = {name: value for name, value in wanted.items() if name in fields_of(type(dataset))}
    try:
        drawn = draw_sample(msgspec.structs.replace(dataset, **known))
    except InputError:
        return None
    return drawn if len(drawn.labels) > 1 else None


def _thin_out(drawn: Sample) -> Sample:
    step = -(-len(drawn.labels) // _MOST_PICTURED)
    return drawn._replace(x=drawn.x[::step], labels=drawn.labels[::step], split=drawn.split[::step])


def _with_setting(data: Dataset, name: str, value: Any) -> Dataset:
    """Return the data set with another value of one field. Raises InputError if it has no such field."""
    if value_at(data, name) == value:
        return data
    if isinstance(data, UserPoints) and name == "task":
        return data.as_task(value)
    if isinstance(data, UserPoints) and name in ("validation_fraction", "test_fraction"):
        # Marks say which points train; another share has to choose them again.
        data = msgspec.structs.replace(data, train=None, test=None)
    changed: Dataset = with_value(data, name, value)
    return changed


def _same_source(one: Dataset, other: Dataset) -> bool:
    """Whether two data sets are of the same kind, and for tables of the same columns."""
    return type(one) is type(other) and all(
        getattr(one, name) == getattr(other, name) for name in _TABLE_PLACE if isinstance(one, Table)
    )


def kept_settings(present: Dataset, wanted: Dataset) -> dict[str, Any]:
    """Return the settings that only `wanted` has, with the present values of those that both have."""
    common, before = fields_of(Adjustable), fields_of(type(present))
    own = {name: field for name, field in fields_of(type(wanted)).items() if field != common.get(name)}
    settings = {name: getattr(wanted, name) for name in own}
    for name, field in own.items():
        value, theirs = getattr(present, name, None), before.get(name)
        alike = theirs is not None and (theirs.type, theirs.optional) == (field.type, field.optional)
        if alike and name not in _TABLE_PLACE and is_in_range(value, field):
            settings[name] = value
    return settings


def _about_data(data: Dataset) -> str:
    if isinstance(data, Table) and data.target:
        words = f"{data.target} from {data.x1} and {data.x2}".replace("_", " ")
        return f"A table: {words}."
    if isinstance(data, UserPoints) and not data.is_blank:
        points = counted(data.size, "point")
        return f"{points} of your own, drawn or imported. They are used exactly as they are."
    return (inspect.getdoc(type(data)) or "").replace("`", "")


def with_feature(features: Sequence[str], name: str) -> tuple[str, ...]:
    """Return `features` with one more, at its place in the order of the catalog."""
    order = list(FEATURES)
    place = next((k for k, other in enumerate(features) if order.index(other) > order.index(name)), len(features))
    return (*features[:place], name, *features[place:])


def without_feature(features: Sequence[str], name: str) -> tuple[str, ...]:
    """Return `features` without one of them."""
    return tuple(other for other in features if other != name)
