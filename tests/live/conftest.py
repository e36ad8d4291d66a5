from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.running import Applications
from tests.live.stand_in import serving


@pytest.fixture(scope="session")
def applications(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Applications]:
    """The emitters' applications, and the providers that answer them."""
    into: Path = tmp_path_factory.mktemp("told")
    with serving() as (stand_in, url):
        yield Applications(stand_in, url, into)
