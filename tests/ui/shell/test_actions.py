"""One table of actions is what menus, shortcuts, the palette and the list of shortcuts are made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QMainWindow, QMenu

from playground.files.menu_entry import can_have_menu_entry, menu_entry_files
from ui.shell.actions import SEPARATOR, Action, Menu, Menus, _shown_keys, actions_in, placeholder
from ui.shell.shortcuts import ShortcutList
from ui.window.window import Window


class Lamp:
    """Something that actions switch."""

    def __init__(self) -> None:
        self.on = False
        self.colours = ["red"]
        self.colour = "red"

    def switch(self) -> None:
        self.on = not self.on

    def choose(self, colour: str) -> Callable[[], None]:
        def choose() -> None:
            self.colour = colour

        return choose

    def menu(self) -> Menu:
        """All that can be done with it."""
        return Menu(
            "&Lamp",
            [
                Action("switch", lambda: "Off" if self.on else "On", self.switch, ("F5",), checked=lambda: self.on),
                Action("break", "&Break", lambda: None, enabled=lambda: self.on),
                SEPARATOR,
                Menu("&Colour", self.entries),
            ],
        )

    def entries(self) -> list[Action]:
        """Its colours, which come and go."""
        return [
            Action(name, name, self.choose(name), checked=lambda name=name: self.colour == name, group="colour")
            for name in self.colours
        ] or [placeholder("none", "None")]


@pytest.fixture
def lamp() -> Lamp:
    return Lamp()


@pytest.fixture
def menus(qtbot, lamp: Lamp) -> Menus:
    window = QMainWindow()
    qtbot.addWidget(window)
    menus = Menus(window, [lamp.menu()])
    menus.window = window
    return menus


def texts(menu: QMenu) -> list[str]:
    return [action.text() for action in menu.actions()]


def test_an_action_says_what_it_does_now(menus: Menus, lamp: Lamp) -> None:
    assert texts(menus.all[0]) == ["On", "&Break", "", "&Colour"]
    menus.action("switch").trigger()
    assert lamp.on and menus.action("switch").text() == "Off" and menus.action("switch").isChecked()


def test_an_action_can_be_chosen_when_it_can_be_done(menus: Menus, lamp: Lamp) -> None:
    assert not menus.action("break").isEnabled()
    lamp.on = True
    menus.refresh("break")
    assert menus.action("break").isEnabled()


def test_what_a_menu_offers_is_asked_whenever_it_opens(menus: Menus, lamp: Lamp) -> None:
    colours = menus.all[0].actions()[-1].menu()
    assert texts(colours) == ["red"]
    for names in (["green", "blue"], []):
        lamp.colours = names
        colours.aboutToShow.emit()
        assert texts(colours) == (names or ["None"])


def test_actions_of_a_group_exclude_each_other(menus: Menus, lamp: Lamp) -> None:
    lamp.colours = ["red", "green"]
    colours = menus.all[0].actions()[-1].menu()
    colours.aboutToShow.emit()
    red, green = colours.actions()
    assert red.isChecked() and not green.isChecked()
    green.trigger()
    assert lamp.colour == "green" and green.isChecked() and not red.isChecked()


def test_the_palette_has_what_can_be_done_now_and_where_it_stands(menus: Menus, lamp: Lamp) -> None:
    assert [command.name for command in menus.commands()] == ["Lamp: On", "Lamp: Colour: red"]
    assert [command.name for command in menus.commands(every=True)] == [
        "Lamp: On",
        "Lamp: Break",
        "Lamp: Colour: red",
    ]
    menus.commands()[0].do()
    assert lamp.on
    assert [command.keys for command in menus.commands()] == ["F5", "", ""]


def test_actions_of_the_window_have_names_and_shortcuts_of_their_own(window: Window) -> None:
    changing = {"file.recent", "file.recover", "layout.arrange", "layout.use", "layout.forget"}
    found = [action for menu in window.menus.table for _, action in actions_in(menu) if action.name not in changing]
    names = Counter(action.name for action in found)
    keys = Counter(keys for action in found if (keys := _shown_keys(action)))
    assert len(found) > 80
    assert [name for name, count in names.items() if count > 1] == []
    assert [key for key, count in keys.items() if count > 1] == []


def test_the_list_of_shortcuts_and_the_menus_say_the_same(window: Window) -> None:
    window.show_shortcuts()
    listed = window.findChild(ShortcutList)
    in_table = {
        (f"{place}{action.wording}".replace("&", ""), _shown_keys(action))
        for menu in window.menus.table
        for place, action in actions_in(menu)
        if _shown_keys(action)
    }
    assert in_table <= {(f"{where}: {what}", keys) for where, what, keys in listed.rows}
    for menu in window.menus.table:
        for _, action in actions_in(menu):
            if _shown_keys(action):
                assert window.menus.action(action.name).shortcut().toString() == _shown_keys(action)
    listed.close()


@pytest.mark.skipif(not can_have_menu_entry(), reason="menus of this kind are Linux's")
def test_help_adds_the_program_to_the_applications_menu_and_takes_it_out_again(
    qtbot, window: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    menu = next(action.menu() for action in window.menuBar().actions() if action.text() == "&Help")

    def choose() -> str:
        menu.aboutToShow.emit()
        entry = next(action for action in menu.actions() if action.objectName() == "help.menu_entry")
        words = entry.text()
        entry.trigger()
        return words

    assert choose() == "Add to &applications menu" and len(menu_entry_files()) == 4
    qtbot.waitUntil(lambda: "is in the applications menu" in window.desk.messages.strip.text.text())
    assert choose() == "Remove from &applications menu" and not menu_entry_files()
    (tmp_path / "applications").rmdir()
    (tmp_path / "applications").write_text("in the way")
    choose()
    assert "could not be changed" in window.desk.messages.strip.said.text
