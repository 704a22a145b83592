"""Links as mail, chat and web pages hand them on: they open as the link they were, or are refused."""

from __future__ import annotations

import html
import quopri
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground import InputError
from playground.interop.opening import open_source
from playground.interop.tfplayground import experiment_from_link, is_link
from tests.combinations import LONG
from tests.interop.test_tfplayground import EXAMPLE, PLAIN

HOST = "https://playground.tensorflow.org"
SAID = EXAMPLE.partition("#")[2]
REWRITTEN = {
    "the # encoded": EXAMPLE.replace("#", "%23"),
    "ampersands as entities": html.escape(EXAMPLE),
    "entities twice": html.escape(html.escape(EXAMPLE)),
    "entities in numbers": EXAMPLE.replace("&", "&#38;").replace("=", "&#x3D;"),
    "commas encoded": EXAMPLE.replace(",", "%2C"),
    "in small letters": EXAMPLE.replace(",", "%2c").replace("=", "%3d"),
    "signs encoded": EXAMPLE.replace("&", "%26").replace("=", "%3D"),
    "encoded behind the #": f"{HOST}/#{quote(SAID, safe='')}",
    "encoded from the # on": f"{HOST}/{quote('#' + SAID, safe='')}",
    "encoded but for the address": quote(EXAMPLE, safe=":/"),
    "encoded": quote(EXAMPLE, safe=""),
    "encoded twice": quote(quote(EXAMPLE, safe=""), safe=""),
    "its settings alone": f"#{SAID}",
    "its settings alone, encoded": quote(f"#{SAID}", safe=""),
    "its settings alone, with entities": html.escape(f"#{SAID}"),
    "angle brackets": f"<{EXAMPLE}>",
    "angle brackets as entities": html.escape(f"<{EXAMPLE}>"),
    "an address in brackets": f"<URL:{EXAMPLE}>",
    "Markdown": f"[my network]({EXAMPLE})",
    "Markdown with a shortened text": f"[{HOST}/#activ…]({EXAMPLE}).",
    "chat": f"<{EXAMPLE}|my network>",
    "a web page": f'<p>See <a href="{html.escape(EXAMPLE)}">my network</a></p>',
    "quotes": f'"{EXAMPLE}"',
    "curly quotes": f"“{EXAMPLE}”",
    "apostrophes": f"'{EXAMPLE}'",
    "code": f"`{EXAMPLE}`",
    "bold": f"**{EXAMPLE}**",
    "a full stop": f"{EXAMPLE}.",
    "a comma": f"{EXAMPLE},",
    "parentheses": f"({EXAMPLE}).",
    "a sentence": f"Look at {EXAMPLE}, it learns!",
    "a letter": f"Hi Ann,\n\nlook at\n{EXAMPLE}\n\nBest wishes\nBob",
    "signs of no width": f"\ufeff{EXAMPLE}".replace("&", "\u200b&").replace("/", "/\u2060"),
    "blanks": f"\u00a0\t{EXAMPLE} \r\n",
    "large letters": EXAMPLE.replace(HOST, HOST.upper()),
    "http": EXAMPLE.replace("https", "http"),
    "www": EXAMPLE.replace("://", "://www."),
    "no scheme": EXAMPLE.removeprefix("https://"),
    "www without a scheme": f"www.{EXAMPLE.removeprefix('https://')}",
    "one slash": EXAMPLE.replace("//", "/"),
    "a port": EXAMPLE.replace(".org", ".org:443"),
    "the sign that &reg means": EXAMPLE.replace("&reg", "®"),
    "quoted-printable": quopri.encodestring(f"{EXAMPLE}\n".encode()).decode(),
    "a filter of mail": f"https://eur01.safelinks.protection.outlook.com/?url={quote(EXAMPLE, safe='')}&data=05%7C&x=0",
    "a search engine": f"https://www.google.com/url?q={quote(EXAMPLE, safe=':/')}&sa=D&source=docs",
    "a shortcut": f"[InternetShortcut]\r\nURL={EXAMPLE}\r\n",
}


@pytest.mark.parametrize("text", REWRITTEN.values(), ids=REWRITTEN)
def test_a_rewritten_link_opens_as_the_link_it_was(text: str) -> None:
    assert is_link(text)
    assert experiment_from_link(text) == (PLAIN, ())


def wrapped(text: str, width: int, end: str, quoting: str) -> str:
    """A text in lines of some width, all but the first quoted."""
    return f"{end}{quoting}".join(text[start : start + width] for start in range(0, len(text), width))


@pytest.mark.parametrize("quoting", ["", "> ", ">> ", "> > ", "  "])
@pytest.mark.parametrize("end", ["\n", "\r\n", " \n", " "])
def test_a_link_broken_into_lines_opens_as_the_link_it_was(end: str, quoting: str) -> None:
    if end == " " and ">" in quoting:
        return
    # Those with other quoting and ends begin with other widths, so that all widths occur.
    for width in range(33 + len(end + quoting), len(EXAMPLE), 1 if LONG else 6):
        assert experiment_from_link(wrapped(EXAMPLE, width, end, quoting)) == (PLAIN, ())
        assert experiment_from_link(f"<{wrapped(EXAMPLE, width, end, quoting)}>") == (PLAIN, ())
        assert experiment_from_link(wrapped(f"#{SAID}", width, end, quoting)) == (PLAIN, ())


@given(st.integers(5, 80), st.sampled_from(["", "https://", "#"]), st.data())
def test_however_a_link_is_broken_it_is_no_other_experiment(width: int, start: str, data: st.DataObject) -> None:
    """Lines of a mail, and pieces of a link that ends with any of its settings."""
    pairs = data.draw(st.permutations(SAID.split("&")))
    link = f"#{'&'.join(pairs)}" if start == "#" else f"{start}playground.tensorflow.org/#{'&'.join(pairs)}"
    try:
        found = experiment_from_link(wrapped(link, width, "\n", data.draw(st.sampled_from(["", "> "]))))
    except InputError:
        return
    assert found == (PLAIN, ())


@pytest.mark.parametrize(
    "text",
    [
        f"{HOST}/#dataset=xor&noise=1\n0",
        f"{HOST}/#seed=0.5\n97&\nregularization",
        f"{HOST}/#seed=0.5 2 layers are enough",
        f"{HOST}/#dataset=xor and batchSize=3",
        f"{HOST}/#dataset=xor noise=3",
        f"{HOST}/#dataset=xor&activ…",
        f"{HOST}/?dataset=xor&seed=1",
        f"{HOST}/dataset=xor&seed=1",
        f"{HOST}/#activation=3Dtanh",
        f"{HOST}/#networkShape=4,2,",
        "https://urldefense.com/v3/__https://playground.tensorflow.org/*dataset=xor__;Iw!!",
        "https://urldefense.proofpoint.com/v2/url?u=https-3A__playground.tensorflow.org_-23dataset-3Dxor",
        "https://example.com/?u=https://playground.tensorflow.org.example.com/%23seed%3D1",
        "https://example.com/playground.tensorflow.org/#seed=1",
        "https://playground.tensorflow.org:x@example.com/#seed=1",
        "https://playground.tensorflow.org\\@example.com/#seed=1",
    ],
)
def test_what_may_be_half_a_link_or_another_site_is_refused(text: str) -> None:
    assert is_link(text)
    with pytest.raises(InputError):
        experiment_from_link(text)


@pytest.mark.parametrize(
    "text",
    [
        "# A heading",
        "## dataset=xor",
        "#hashtag",
        "#hashtag=1",
        "#x=1",
        "#x,y,label\n1,2,0\n",
        "# seed=3\nx1,x2,label\n1,2,0\n",
        "#seed=3\nx1,x2,label\n1,2,0\n",
        "#activation=tanh&batchSize=10&dataset=circle&seed=0.5\nx1,x2,label\n1,2,0\n",
        "#activation=tanh&batchSize=10&dataset=circle&seed=0.5\n1,2,0\n3,4,1\n",
        f"# made with {EXAMPLE}\nx1,x2,label\n1,2,0\n",
        f"Points of {EXAMPLE}\nx1,x2,label\n1,2,0\n3,4,1\n",
        f"x1,x2,label\n1,2,{EXAMPLE}\n",
        f"x1\tx2\tlabel\n1\t2\t{EXAMPLE}\n",
        "#seed=1 is the one",
        "#!/bin/sh\nseed=1",
        "#1",
        "see #12",
        "1,2,3",
        "",
    ],
)
def test_a_text_that_is_no_link_is_not_taken_for_one(text: str) -> None:
    assert not is_link(text)


def test_a_seed_is_kept_as_browsers_keep_it() -> None:
    for said, seed in (("a%20b", "a%20b"), ("a b", "a%20b"), ("ä", "%C3%A4"), ("50%25", "50%25"), ("x;y!z", "x;y!z")):
        experiment, _ = experiment_from_link(f"<{HOST}/#seed={said}&dataset=xor>".replace(" ", "%20"))
        assert getattr(experiment.data, "seed", None) == seed
        encoded = quote(f"{HOST}/#seed={seed}&dataset=xor", safe="")
        assert experiment_from_link(encoded).experiment == experiment


@pytest.mark.parametrize("name", ["link.txt", "Network.url"])
def test_a_file_that_holds_a_link_opens_as_the_link(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(REWRITTEN["a shortcut"] if name.endswith("url") else EXAMPLE)
    assert open_source(str(tmp_path / name)).experiment == PLAIN


def test_a_remark_above_a_table_leaves_it_a_table(tmp_path: Path) -> None:
    (tmp_path / "points.txt").write_text("#seed=3\nx1,x2,label\n1,2,A\n3,4,B\n5,1,A\n")
    assert open_source(str(tmp_path / "points.txt")).experiment.data.kind == "table"
