"""The first steps are short, whole and found. `make test-live` and `make test-peers` follow them."""

from __future__ import annotations

import re

import pytest

from tests.first_steps.masks import comparable
from tests.first_steps.pages import INDEX, ROOT, pages

LONGEST_PAGE = 120
PAGES = pages()
each_page = pytest.mark.parametrize("name", PAGES)


def test_the_index_names_every_page_and_the_readme_the_index() -> None:
    index = INDEX.read_text(encoding="utf-8")

    assert set(re.findall(r"\((\w[\w-]*)\.md\)", index)) == set(PAGES)
    assert "docs/first-steps/README.md" in (ROOT / "README.md").read_text(encoding="utf-8")


@each_page
def test_a_page_is_short(name: str) -> None:
    assert len(PAGES[name].text.splitlines()) <= LONGEST_PAGE


@each_page
def test_whatever_a_page_shows_is_run(name: str) -> None:
    """A block is a file with a name, a console, or a cell of a notebook and what it says."""
    page = PAGES[name]
    fences = re.findall(r"^```\w", page.text, re.MULTILINE)
    run = len(page.files) + len(page.cells) + sum(1 for cell in page.cells if cell.start)
    consoles = [block for block in page.blocks if block.language == "console"]

    assert len(fences) == run + len(consoles)
    assert all(block.text.startswith("$ ") for block in consoles)


@each_page
def test_a_page_installs_this_checkout_and_says_what_came_out(name: str) -> None:
    page = PAGES[name]
    editable, ours, *others = page.requires

    assert editable == "--editable"
    assert ours.startswith(f"{ROOT}[")
    assert others or page.needs_npm
    assert any(shown.said for shown in page.shown)


def test_outputs_are_compared_without_ids_and_times_but_with_amounts() -> None:
    shown = """span      took   own USD
 chat     15 ms  0.000582
2026-11-22 17:26  0c3a3337cbb64aca8949253084adf139 by process 12"""
    again = """span      took   own USD
 chat      7 ms  0.000582
2027-01-02 03:04  1c3a3337cbb64aca8949253084adf139 by process 345"""

    assert comparable(shown) == comparable(again)
    assert comparable(shown) != comparable(shown.replace("582", "583"))
