"""The pages of `docs/first-steps`: the files they show, the commands and cells they run, and what comes out."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
DIRECTORY = ROOT / "docs" / "first-steps"
INDEX = DIRECTORY / "README.md"

_FENCED = re.compile(
    r"(?P<before>[^\n]*)\n\n^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
_FILE = re.compile(r"`(?P<name>[\w./-]+\.\w+)`[^`]*:$")
_INSTALL = "pip install "


class Block(NamedTuple):
    """One fenced block."""

    before: str
    """The line above it."""
    language: str
    text: str
    start: int
    """Of its text, in the page."""


_NOTHING = Block("", "", "", 0)


class Shown(NamedTuple):
    """One command of a console, or one cell of a notebook, and what the page says comes out of it."""

    text: str
    at: int
    """Where it stands in the page."""
    said: str
    start: int
    end: int
    """Of what comes out, in the page; equal where the page has no place for it."""
    is_cell: bool = False


class Page(NamedTuple):
    """One page."""

    path: Path
    text: str

    @property
    def name(self) -> str:
        """Return what it is called in ids of tests and in `.live`."""
        return self.path.stem

    @property
    def blocks(self) -> list[Block]:
        """Return every fenced block that a line of text and an empty one stand before."""
        return [
            Block(found["before"], found["language"], found["text"], found.start("text"))
            for found in _FENCED.finditer(self.text)
        ]

    @property
    def files(self) -> dict[str, str]:
        """Return the files that it shows whole, by name."""
        named = ((_FILE.search(block.before), block) for block in self.blocks)
        return {name["name"]: block.text for name, block in named if name}

    @property
    def commands(self) -> list[Shown]:
        """Return every command, in order."""
        consoles = (block for block in self.blocks if block.language == "console")
        return [command for block in consoles for command in _commands(block)]

    @property
    def cells(self) -> list[Shown]:
        """Return every cell, with the block of text that follows it."""
        blocks = self.blocks
        return [
            _cell(block, after)
            for block, after in zip_longest(blocks, blocks[1:], fillvalue=_NOTHING)
            if _is_cell(block)
        ]

    @property
    def shown(self) -> list[Shown]:
        """Return all that is run, in order."""
        return sorted([*self.commands, *self.cells], key=lambda each: each.at)

    @property
    def needs_npm(self) -> bool:
        """Tell whether it is of an application in JavaScript."""
        return any(command.text.startswith("npm install ") for command in self.commands)

    @property
    def requires(self) -> tuple[str, ...]:
        """Return what its `pip install` names; this checkout is editable."""
        (line,) = (one.text for one in self.commands if one.text.startswith(_INSTALL))
        wanted = shlex.split(line.removeprefix(_INSTALL).replace("\\\n", " "))
        ours, *others = (each.replace("$CHECKOUT", str(ROOT)) for each in wanted)
        return ("--editable", ours, *others)


def pages() -> dict[str, Page]:
    """Return every page but the index, by name."""
    paths = sorted(path for path in DIRECTORY.glob("*.md") if path != INDEX)
    return {path.stem: Page(path, path.read_text(encoding="utf-8")) for path in paths}


def _is_cell(block: Block) -> bool:
    return block.language == "python" and _FILE.search(block.before) is None


def _cell(block: Block, after: Block) -> Shown:
    said = after if after.language == "text" else _NOTHING
    end = said.start + len(said.text)
    return Shown(block.text, block.start, said.text, said.start, end, is_cell=True)


def _commands(block: Block) -> Iterator[Shown]:
    """Cut a console block at its prompts; a line that ends in a backslash goes on."""
    at = block.start
    for shown in re.split(r"^(?=\$ )", block.text, flags=re.MULTILINE):
        command = re.match(r"\$ ((?:[^\n]*\\\n)*[^\n]*)\n", shown)
        if command:
            said = shown[command.end() :]
            yield Shown(command[1], at, said, at + command.end(), at + len(shown))
        at += len(shown)
