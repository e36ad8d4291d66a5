"""Write into the pages what comes out of their commands: `python -m tests.first_steps [NAME...]`."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from tests.first_steps.following import follow
from tests.first_steps.masks import comparable
from tests.first_steps.pages import Page, pages
from tests.live.stand_in import serving


def main(names: list[str]) -> None:
    """Follow the named pages, all where none is named."""
    known = pages()
    with serving() as (_, url):
        for name in names or known:
            directory = Path(tempfile.mkdtemp(prefix=f"{name}-"))
            page = known[name]
            page.path.write_text(_with(page, follow(page, directory, url)), "utf-8")
            shutil.rmtree(directory)


def _with(page: Page, said: list[str]) -> str:
    """Return the page with what came out this time; as it was, where only ids and times are others."""
    run = list(zip(page.shown, said, strict=True))
    if all(comparable(now) == comparable(shown.said) for shown, now in run):
        return page.text
    text = page.text
    for shown, now in sorted(run, key=lambda each: each[0].start, reverse=True):
        if shown.start:
            text = text[: shown.start] + _as_shown(now) + text[shown.end :]
    return text


def _as_shown(said: str) -> str:
    return "".join(f"{line.rstrip()}\n" for line in said.strip("\n").splitlines())


if __name__ == "__main__":
    main(sys.argv[1:])
