"""One collector with a ledger for all tests of the API: each names its own requests."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from otel_costing.clickhouse.store import Store
from tests.collector.rest.api import Api, token
from tests.collector.running import Running

SCOPES = {
    "web-app": ["team:web", "send", "read:team"],
    "web-other": ["team:web", "send", "read:team"],
    "search-app": ["team:search", "send", "read:team"],
    "sender": ["team:web", "send"],
    "analyst": ["read:all"],
    "everything": ["send", "read:all"],
}
TAGS = "production:\n  required: [feature]\n  action: mark\n  owner: finops\n  rest: refuse\n"


@pytest.fixture(scope="package")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the ledgers of all of these tests are: the collectors below hold it until the last."""
    return tmp_path_factory.mktemp("ledgers")


@pytest.fixture
def dsn(new_dsn: str) -> str:
    """The address of a ledger beside the others."""
    return new_dsn


@pytest.fixture(scope="package")
def api(directory: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The API of a collector that asks for no token."""
    with opened(tmp_path_factory.mktemp("rest"), f"chdb://{directory}?database=rest") as api:
        yield api


@pytest.fixture(scope="package")
def teams(directory: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The API of one with a token for each of `SCOPES`, and a policy of mandatory tags."""
    place = tmp_path_factory.mktemp("teams")
    with opened(place, f"chdb://{directory}?database=rest_teams", *guarded(place)) as api:
        yield api


def guarded(place: Path) -> tuple[str, ...]:
    """Return the settings of one with a token for each of `SCOPES`, and a policy of mandatory tags."""
    known = [
        {"name": name, "sha256": hashlib.sha256(token(name).encode()).hexdigest(), "scopes": scopes}
        for name, scopes in SCOPES.items()
    ]
    (place / "tokens.yaml").write_text(json.dumps(known))
    (place / "tags.yaml").write_text(TAGS)
    return (f"tokens.file={place / 'tokens.yaml'}", f"tags.file={place / 'tags.yaml'}")


@contextmanager
def opened(place: Path, dsn: str, *settings: str) -> Iterator[Api]:
    """Run a collector that books at once and settles often."""
    quick = ("booking.linger_seconds=0.05", "booking.settle_seconds=0.5")
    with Store.open(dsn) as store:
        running = Running(
            place / "spool",
            f"store.dsn={dsn}",
            *quick,
            *settings,
            open_ledger=lambda: Store.open(dsn),
        )
        yield Api(running, store)
        running.stop()
