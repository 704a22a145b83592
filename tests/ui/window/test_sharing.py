"""Sharing in the window: what is copied, pasted and dropped."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QUrl
from PySide6.QtGui import QGuiApplication

from playground import Trainer
from playground.interop.opening import load_preset
from playground.interop.tfplayground import experiment_from_link, link_of
from playground.storage.document import save_document
from tests.ui import hands
from tests.ui.windows import set_rate, step
from ui.panels.data.import_dialog import ImportDialog
from ui.window.window import Window


@pytest.fixture
def window(used_window: Window) -> Window:
    """One window for all tests."""
    return used_window


LINK = "https://playground.tensorflow.org/#activation=tanh&batchSize=10&dataset=circle&networkShape=4,2&seed=0.59704"


def text_of(words: str) -> QMimeData:
    mime = QMimeData()
    mime.setText(words)
    return mime


def test_an_experiment_is_copied_as_text_and_pasted(window: Window) -> None:
    set_rate(window, 0.5)
    shared = window.session.experiment
    window.parts.boundary.setFocus()
    hands.key(window, "Ctrl+C")
    window.documents.open("xor")
    hands.key(window, "Ctrl+V")
    assert window.session.experiment == shared


def test_a_link_is_pasted_and_gives_the_same_link_back(window: Window) -> None:
    QGuiApplication.clipboard().setText(LINK)
    hands.key(window, "Ctrl+V")
    assert window.session.experiment.data.kind == "tfplayground"
    hands.key(window, "Ctrl+Shift+L")
    copied = QGuiApplication.clipboard().text()
    assert "seed=0.59704" in copied and copied.startswith("https://playground.tensorflow.org/#")


def test_what_no_link_can_say_is_named(window: Window) -> None:
    QGuiApplication.clipboard().setText("before")
    window.sharing.copy_link()
    assert (
        "Nothing was copied." in window.messages.strip.text.text()
        and "optimizer" in window.messages.strip.text.text().lower()
    )
    assert QGuiApplication.clipboard().text() == "before"


def test_there_may_be_nothing_on_the_clipboard(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(QGuiApplication.clipboard()), "mimeData", lambda self: None)
    window.sharing.paste()
    assert "There is no text in the clipboard" in window.messages.strip.text.text()


def test_a_dropped_link_and_a_dropped_text_are_opened(window: Window) -> None:
    address = QMimeData()
    address.setUrls([QUrl(LINK)])
    hands.drop(window, address)
    assert window.session.experiment.data.kind == "tfplayground"
    hands.drop(window, text_of('{"version": 1, "name": "mine"}'))
    assert window.session.experiment.name == "mine"


def same_link(window: Window, link: str) -> bool:
    """Whether the window has the experiment of a link; its layers have names besides."""
    return link_of(window.session.experiment) == link_of(experiment_from_link(link).experiment)


@pytest.mark.parametrize("way", ["paste", "drop"])
def test_a_link_from_a_mail_is_the_link_it_was(window: Window, way: str) -> None:
    mail = f"> See <{LINK}%20x&amp;\n> noise=20>."
    if way == "paste":
        QGuiApplication.clipboard().setText(mail)
        hands.key(window, "Ctrl+V")
    else:
        hands.drop(window, text_of(mail))
    assert same_link(window, f"{LINK}%20x&noise=20")
    assert window.session.history.done[-1].label == "open a TensorFlow Playground link"


def test_a_dropped_address_keeps_its_seed(window: Window) -> None:
    address = QMimeData()
    address.setUrls([QUrl(f"{LINK}%20x")])
    hands.drop(window, address)
    assert same_link(window, f"{LINK}%20x")


def test_what_a_link_lacks_or_has_too_much_is_said(window: Window) -> None:
    before = window.session.experiment
    hands.drop(window, text_of(f"{LINK}&dataset=moons&{'x' * 300}=1"))
    assert window.session.experiment == before
    said = window.messages.strip.text.text()
    assert said.startswith("The link was not opened; nothing has changed. dataset must be one of ") and "moons" in said
    hands.drop(window, text_of(f"{LINK}&depth=3"))
    assert window.session.experiment.data.kind == "tfplayground"
    assert "depth: playground.tensorflow.org has no such setting" in window.messages.strip.text.text()


@pytest.mark.parametrize("words", ["# A heading", "#hashtag", "#x=1\n"])
def test_a_pasted_text_that_begins_with_a_hash_is_no_link(window: Window, words: str) -> None:
    before = window.session.experiment
    QGuiApplication.clipboard().setText(words)
    hands.key(window, "Ctrl+V")
    assert window.session.experiment == before and window.findChild(ImportDialog) is None
    assert "the clipboard" in window.messages.strip.text.text()


def test_a_pasted_table_may_begin_with_a_remark(window: Window) -> None:
    QGuiApplication.clipboard().setText("#seed=3\nx1,x2,label\n1,2,A\n3,4,B\n2,2,A\n")
    hands.key(window, "Ctrl+V")
    assert window.session.experiment.data.kind == "points"


def test_a_dropped_file_may_hold_a_link(window: Window, tmp_path: Path) -> None:
    (tmp_path / "link.txt").write_text(LINK)
    hands.drop_file(window, tmp_path / "link.txt")
    assert same_link(window, LINK)


def test_a_dropped_document_is_opened(qtbot, window: Window, tmp_path: Path) -> None:
    trainer = Trainer(load_preset("xor"), engine="reference")
    trainer.advance(epochs=4)
    save_document(tmp_path / "other.playground", trainer.document())
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path / "other.playground"))])
    hands.drop(window, mime)
    qtbot.waitUntil(lambda: step(window) == trainer.state.step)


@pytest.mark.parametrize("words", ['{"version": 1, "learning": 3}', "{", "https://example.org/#x=1"])
def test_what_is_pasted_and_wrong_changes_nothing(window: Window, words: str) -> None:
    before = window.session.experiment
    QGuiApplication.clipboard().setText(words)
    window.sharing.paste()
    assert window.session.experiment == before
    assert "nothing has changed" in window.messages.strip.text.text()


def test_cells_are_pasted_as_points(window: Window) -> None:
    QGuiApplication.clipboard().setText("height\twidth\tlabel\n1\t2\tA\n3\t4\tB\n")
    window.sharing.paste()
    dialog = window.findChild(ImportDialog)
    assert dialog is not None and dialog.isVisible()
    dialog.reject()


def test_dragging_over_the_window_is_answered(window: Window) -> None:
    assert window.sharing.takes(text_of("{}"))
    assert not window.sharing.takes(QMimeData())
    assert window.childAt(QPoint(640, 300)) is not None
