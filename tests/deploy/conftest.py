"""A ledger of two teams that call each other, on disk and let go of: other processes open it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.deploy.seeded import seed


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a ledger; its database is `otel_costing`."""
    directory = tmp_path_factory.mktemp("seeded") / "ledger"
    seed(directory)
    return directory
