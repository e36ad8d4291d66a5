"""Each of `docs/first-steps` is followed, as written, with today's packages; what the page says is what comes out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.first_steps.following import follow
from tests.first_steps.masks import comparable
from tests.first_steps.pages import pages
from tests.live.environments import NotInstallableError
from tests.live.stand_in import serving

PAGES = {name: page for name, page in pages().items() if not page.needs_npm}


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """The URL of a provider on loopback."""
    with serving() as (_, url):
        yield url


@pytest.mark.parametrize("name", PAGES)
def test_who_follows_a_page_sees_what_it_shows(name: str, tmp_path: Path, provider: str) -> None:
    """To the last digit; ids, times and process numbers are others each time."""
    page = PAGES[name]
    try:
        said = follow(page, tmp_path, provider)
    except NotInstallableError as reason:
        pytest.skip(f"{name} cannot be installed here: {reason}")

    for now, shown in zip(said, page.shown, strict=True):
        assert comparable(now) == comparable(shown.said), shown.text
