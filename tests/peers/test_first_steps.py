"""The first steps in JavaScript, followed as written with what npm installed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.first_steps.following import NODE_MODULES, follow
from tests.first_steps.masks import comparable
from tests.first_steps.pages import pages
from tests.live.stand_in import serving

PAGES = {name: page for name, page in pages().items() if page.needs_npm}

pytestmark = [
    pytest.mark.skipif(shutil.which("node") is None, reason="no node"),
    pytest.mark.skipif(
        not (NODE_MODULES / "openai").exists(),
        reason="no packages in .peers; `make test-peers` installs them",
    ),
]


@pytest.mark.parametrize("name", PAGES)
def test_who_follows_a_page_sees_what_it_shows(name: str, tmp_path: Path) -> None:
    """To the last digit; ids, times and process numbers are others each time."""
    with serving() as (_, url):
        said = follow(PAGES[name], tmp_path, url)

    for now, shown in zip(said, PAGES[name].shown, strict=True):
        assert comparable(now) == comparable(shown.said), shown.text
