"""List every text that the program shows, with file and line, so that an editor can go over them: `make texts`.

    python -m tools.texts [FILE]

What is listed is every string in the source that can be a text: labels, helps, tooltips, messages, menu entries,
errors, the command line's help, the docstrings that forms show as helps, and the names of the presets. Left out is
what surely is none: names of objects, keys, patterns, styles, and strings that are only compared or looked up. A
string that could be either is listed, so some lines are no texts; none is missing for being in doubt.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
SOURCES = ("playground", "ui", "main.py")
PRESETS = "resources/presets"

UNSEEN = """\
What this list cannot see:
- how parts are put together while the program runs: {…} stands for what is filled in, and parts that are joined stand
  on lines of their own, often without a capital letter or a full stop;
- names made from names: a field without a label is labelled by its name (`noise` becomes "Noise");
- what other programs say: Qt's own dialogs and their buttons, Python's argument parser ("usage", "show this help"),
  the system's and the libraries' error messages that are passed on;
- data: the user's own names, columns and classes, and the words in resources/data;
- files that are not source: README.md, CHANGELOG.md and the pictures."""

# Calls whose strings are names, patterns or formats, and never shown.
SILENT_CALL = re.compile(
    "add_css|child|compile|control|decode|encode|endswith|field_by_name|find(Child|Children|_spec|all|iter)?|fullmatch"
    "|get|getattr|hasattr|import_module|invokeMethod|isinstance|match|normalize|open|property|px|read_text"
    "|remove(prefix|suffix)|rpartition|search|setObjectName|setProperty|setStyleSheet|setattr|setdefault|split"
    "|startswith|strftime|sub|value|write_text"
)
# Calls that show even a single word in small letters.
SHOWING_CALL = re.compile(
    "add(Action|Item|Items|Menu|Row|Tab|_argument)|InputError|Q(Action|CheckBox|GroupBox|Label|Menu|PushButton"
    "|ToolButton)|set(AccessibleDescription|AccessibleName|PlaceholderText|StatusTip|Text|Title|ToolTip|WindowTitle"
    "|ting)|say|refuse|tell"
)
EXPORTS = "playground/interop/export/"
SHOWN_DOCSTRINGS = ("Choice", "Struct")
STYLE = re.compile(r"\{[^{}]*:[^{}]*;|[\w-]+: [^;{}]+;\s*$|^\s*Q\w+(::|:\w|\[| \{|\{)")
CODE = re.compile(r"^\s*(import |from \w+ import |def |class |return |for \w+ in |if .*:$|@\w)|^[\w.\[\]]+ = |\n    ")


class Text(NamedTuple):
    """A string that can be a text."""

    path: str
    line: int
    use: str
    """What is done with it, such as `setToolTip` or `returned by words`."""
    text: str
    """Placeholders in braces."""

    @property
    def is_word(self) -> bool:
        """Whether it is a single word in small letters, which may as well be a name."""
        return re.fullmatch(r"[a-z]+(-[a-z]+)*", self.text) is not None and not SHOWING_CALL.fullmatch(self.use)

    @property
    def group(self) -> str:
        """The part of the list that it belongs to."""
        if self.is_word:
            return "words"
        if self.path.startswith(EXPORTS) and "Error" not in self.use:
            return "exports"
        return "code" if CODE.search(self.text) else "texts"


def texts() -> list[Text]:
    """All texts of the program, in the order of the files."""
    files = [file for source in SOURCES for file in (sorted((ROOT / source).rglob("*.py")) or [ROOT / source])]
    trees = {file.relative_to(ROOT).as_posix(): ast.parse(file.read_text("utf-8")) for file in files}
    shown = declared_classes(trees.values())
    found = [text for path, tree in trees.items() for text in texts_in(path, tree, shown)]
    return found + preset_texts()


def declared_classes(trees: Iterable[ast.Module]) -> set[str]:
    """The names of all classes that make up an experiment, whose docstrings are helps."""
    classes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    bases = [(node.name, {dotted(base).rpartition(".")[2] for base in node.bases}) for node in classes]
    known = set(SHOWN_DOCSTRINGS)
    while new := {name for name, of in bases if of & known} - known:
        known |= new
    return known


def texts_in(path: str, tree: ast.Module, shown: set[str]) -> Iterator[Text]:
    """The texts of one file."""
    parents: dict[ast.AST, ast.AST] = {}
    nodes: list[ast.AST] = [tree]
    # Which grows meanwhile: walking all trees again would take longer than all the rest.
    for node in nodes:
        children = list(ast.iter_child_nodes(node))
        parents |= dict.fromkeys(children, node)
        nodes += children
    for node in nodes:
        parent = parents.get(node)
        if isinstance(parent, ast.JoinedStr | ast.FormattedValue) or not is_string(node):
            continue
        assert isinstance(node, ast.expr)
        text = _source_text(node)
        if isinstance(parent, ast.Expr):
            owner = parents[parent]
            if isinstance(owner, ast.ClassDef) and owner.name in shown and owner.body[0] is parent:
                for paragraph in text.split("\n\n"):
                    yield Text(path, node.lineno, f"help of {owner.name}", " ".join(paragraph.split()))
        elif may_be_text(text):
            use = use_of(node, parents)
            if use is not None:
                yield Text(path, node.lineno, use, text)


def is_string(node: ast.AST) -> bool:
    """Whether a node is a string, with or without placeholders."""
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _source_text(node: ast.AST) -> str:
    """A string as it reads, with its placeholders in braces."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    assert isinstance(node, ast.JoinedStr)
    return "".join(
        str(part.value) if isinstance(part, ast.Constant) else f"{{{ast.unparse(part.value)}}}"  # type: ignore[attr-defined]
        for part in node.values
    )


def parts_of(text: str) -> list[str]:
    """What stands between the placeholders of a text."""
    depth, parts = 0, [""]
    for character in text:
        depth += (character == "{") - (character == "}" and depth > 0)
        if character in "{}":
            parts += [""] if parts[-1] else []
        elif not depth:
            parts[-1] += character
    return [part for part in parts if part.strip()]


def may_be_text(text: str) -> bool:
    """Whether a string has words in it, and is neither a name nor a style."""
    parts = parts_of(text) if "{" in text else [text]
    bare = "".join(parts)
    if not any(re.search(r"[^\W\d_]{2}", part) for part in parts) or STYLE.search(text):
        return False
    has_blank, is_path = re.search(r"\s", bare.strip()), re.search(r"[._/:#=\\\[\]()*|]", bare.strip(" .:,;!?…\n"))
    return bool(has_blank) or not is_path or not text.isascii()


def use_of(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> str | None:
    """What is done with a string; None if it is surely not shown."""
    while (parent := parents.get(node)) is not None:
        match parent:
            case ast.Compare() | ast.arg() | ast.MatchValue():
                return None
            case ast.AnnAssign(annotation=annotation) if annotation is node:
                return None
            case ast.Subscript(slice=where) if where is node:
                return None
            case ast.FunctionDef(returns=returns) if returns is node:
                return None
            case ast.FunctionDef():
                return f"in {parent.name}"
            case ast.Dict() if any(key is node for key in parent.keys) and is_name(node):
                return None
            case ast.keyword(arg=name) if isinstance(parents[parent], ast.Call):
                call = parents[parent]
                assert isinstance(call, ast.Call)
                callee = dotted(call.func).rpartition(".")[2]
                return None if SILENT_CALL.fullmatch(callee) or name in ("kind", "objectName") else f"{callee}: {name}"
            case ast.Call(func=function) if function is not node:
                callee = dotted(function).rpartition(".")[2]
                return None if SILENT_CALL.fullmatch(callee) else callee
            case ast.Raise():
                return "raised"
            case ast.Return():
                return f"returned by {enclosing(parent, parents)}"
            case ast.Assign(targets=[target, *_]) | ast.AnnAssign(target=target) | ast.AugAssign(target=target):
                name = dotted(target).rpartition(".")[2]
                return None if name in ("__all__", "__slots__") else name
        node = parent
    return "in the module"


def is_name(node: ast.AST) -> bool:
    """Whether a string has neither blanks nor capital letters, or is a part of a path."""
    if isinstance(node, ast.BinOp):
        return True
    return re.fullmatch(r"[a-z0-9_.\-]+", _source_text(node)) is not None


def enclosing(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> str:
    """The name of the function that a statement stands in."""
    while not isinstance(node, ast.FunctionDef | ast.Lambda):
        node = parents[node]
    return node.name if isinstance(node, ast.FunctionDef) else "lambda"


def dotted(node: ast.AST) -> str:
    """A name such as `QMessageBox.question`; empty if it is none."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=name):
            return f"{dotted(value)}.{name}"
        case ast.Subscript(value=value):
            return dotted(value)
    return ""


def preset_texts() -> list[Text]:
    """The names of the presets."""
    found = []
    for file in sorted((ROOT / PRESETS).glob("*.json")):
        source = file.read_text("utf-8")
        name = json.loads(source).get("name", "")
        line = next((n for n, row in enumerate(source.splitlines(), 1) if '"name"' in row), 1)
        found.append(Text(file.relative_to(ROOT).as_posix(), line, "name", name))
    return found


def unlisted(found: Sequence[Text]) -> Callable[[Iterable[str]], list[str]]:
    """A function that tells which words of what was shown no listed text accounts for: the check of this list."""
    parts = {part.strip(" .:…") for text in found for part in parts_of(_plain_text(text.text.replace(";", "{}")))}
    parts = {part for part in parts if re.search(r"[^\W\d_]{2}", part)}

    def words(shown: Iterable[str]) -> list[str]:
        return sorted({word for text in shown for word in unknown(_plain_text(text), parts)})

    return words


def unknown(text: str, parts: Iterable[str]) -> list[str]:
    """The words of a text that are inside of none of the parts."""
    known = bytearray(len(text))
    for part in parts:
        place = text.find(part)
        while place >= 0:
            # A word may stand in the plural.
            end = place + len(part) + text.startswith("s", place + len(part))
            known[place:end] = bytes([1]) * (end - place)
            place = text.find(part, place + 1)
    return [word[0] for word in re.finditer(r"[^\W\d_]{2,}", text) if not all(known[word.start() : word.end()])]


def _plain_text(text: str) -> str:
    """A text without quotes and marks for shortcuts and fonts, in small letters."""
    return " ".join(re.sub(r"</?\w[^<>]*>|\"", " ", text).replace("&", "").split()).casefold()


# The list -----------------------------------------------------------------------------------------------------------

TITLES = {
    "texts": "Texts",
    "exports": "What exported files contain, texts and code alike",
    "code": "What looks like code",
    "words": "Single words in small letters: texts or names",
}


def _texts_as_document(found: Sequence[Text]) -> str:
    """All texts as a document, the surest first."""
    counts = {group: sum(text.group == group for text in found) for group in TITLES}
    lines = ["Texts that the program shows, by `make texts`.", "", UNSEEN, ""]
    lines += [f"{counts[group]:>6,}  {title}" for group, title in TITLES.items()]
    for group, title in TITLES.items():
        lines += ["", "", f"== {title} =="]
        members = [text for text in found if text.group == group]
        lines += list(words(members)) if group == "words" else list(by_file(members))
    return "\n".join(lines) + "\n"


def by_file(found: Sequence[Text]) -> Iterator[str]:
    """A line per text below the name of its file."""
    path = ""
    for text in sorted(found, key=lambda text: (text.path, text.line)):
        if text.path != path:
            path = text.path
            yield from ("", path)
        shown = text.text.replace("\n", "\\n")
        yield f"{path}:{text.line}  [{text.use}]  {shown}"


def words(found: Sequence[Text]) -> Iterator[str]:
    """A line per word with all its places."""
    yield ""
    for word in sorted({text.text for text in found}):
        yield f"{word}  " + " ".join(f"{text.path}:{text.line}" for text in found if text.text == word)


def main(argv: Sequence[str]) -> int:
    """Write the list to a file, or to the terminal without one; returns the exit code."""
    found = texts()
    if argv:
        Path(argv[0]).write_text(_texts_as_document(found), "utf-8")
        print(f"Wrote {sum(text.group == 'texts' for text in found):,} texts to {argv[0]}")
    else:
        print(_texts_as_document(found), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
