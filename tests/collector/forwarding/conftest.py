"""What every test of forwarding sends to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.collector.forwarding.receiver import Receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """An endpoint that says OK until it is told to say something else."""
    opened = Receiver()
    yield opened
    opened.close()
