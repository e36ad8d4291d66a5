"""Who sent a request decides whose its calls are, from the door to the ledger, whatever happens in between."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from otel_costing.clickhouse.store import Store
from otel_costing_collector.senders import SENDERS, Senders
from otel_costing_collector.settings import Loaded, load
from otel_costing_collector.spool_record import Kind
from tests.collector.bench import Bench, calls
from tests.collector.running import PROTOBUF, Running
from tests.collector.token_files import admitting

SEARCH, EDGE = "token-of-the-search-team", "token-of-the-edge-gateway"
POLICY = """\
production:
  required: [team, feature]
  action: quarantine
  owner: finance
"*":
  required: [team]
  action: mark
  owner: platform
"""


def saying(body: bytes, **resource: str) -> bytes:
    """Return a request whose resource says more."""
    request = ExportTraceServiceRequest.FromString(body)
    for name, text in resource.items():
        attributes = request.resource_spans[0].resource.attributes
        attributes.add(key=name.replace("_", ".")).value.string_value = text
    return request.SerializeToString()


@pytest.fixture
def configured(tmp_path: Path) -> list[str]:
    """The settings of a collector with a team's token, a gateway's, and mandatory tags."""
    edge = admitting(
        EDGE, "gateway", "authoritative", name="edge", services={"checkout": "payments"}
    )
    (tmp_path / "tokens.yaml").write_text(admitting(SEARCH, "team:search", name="search") + edge)
    (tmp_path / "tags.yaml").write_text(POLICY)
    return [f"tokens.file={tmp_path / 'tokens.yaml'}", f"tags.file={tmp_path / 'tags.yaml'}"]


def test_what_came_under_a_token_is_its_teams_in_the_ledger(
    tmp_path: Path, dsn: str, configured: list[str]
) -> None:
    with Store.open(dsn) as asked:
        quick = "booking.linger_seconds=0.05"
        running = Running(
            tmp_path / "spool", *configured, quick, open_ledger=lambda: Store.open(dsn)
        )
        claimed = {"service_name": "find", "service_namespace": "billing"}
        sent = [
            (SEARCH, saying(calls(1), **claimed)),
            (EDGE, saying(calls(2), service_name="checkout")),
            (EDGE, saying(calls(3), service_name="new", service_namespace="billing")),
            (
                SEARCH,
                saying(calls(4), service_name="s", deployment_environment_name="production"),
            ),
        ]
        for token, body in sent:
            running.request(body=body, content_type=PROTOBUF, authorization=f"Bearer {token}")
        running.until(lambda: running.service.spool.state().requests == 0)
        running.stop()

        booked = asked.connection.query(
            "SELECT sender, team, authenticated_team, mapKeys(tags) FROM ledger ORDER BY span_id"
        ).rows
        found = asked.connection.query("SELECT kind, detail FROM findings ORDER BY kind").rows

    assert [tuple(row) for row in booked] == [
        ("search", "search", "search", []),
        ("edge", "payments", "payments", []),
        ("edge", "", "", ["missing_tags", "tags_owner"]),
        (
            "search",
            "",
            "search",
            ["withheld_team", "withheld_origin_team", "quarantine", "tags_owner"],
        ),
    ]
    assert sorted((kind, json.loads(detail)["service"]) for kind, detail in found) == [
        ("missing_tags", "new"),
        ("missing_tags", "s"),
        ("team_claim", "find"),
        ("unknown_service", "new"),
    ]


def test_what_waits_in_the_spool_is_its_teams_after_the_token_was_withdrawn(
    bench: Bench, configured: list[str]
) -> None:
    """The ledger is away while the token goes, and the process with it."""
    loaded = load(None, environment={}, options=configured)
    assert isinstance(loaded, Loaded)
    file = bench.directory / SENDERS
    Senders(file).use(loaded.tokens.identities)
    bench.spool.append(calls(1), Kind.TRACES, sender="search", received_ns=time.time_ns()).result()

    bench.books.senders = Senders(file)
    bench.books.senders.use([])
    bench.begin()
    bench.until_empty()

    assert bench.ask("SELECT sender, team, authenticated_team FROM costs") == [
        ("search", "search", "search")
    ]
    assert bench.ask("SELECT team, authenticated_team FROM spans") == [("search", "search")]


def test_a_reload_makes_an_authority_and_unmakes_it(tmp_path: Path, configured: list[str]) -> None:
    running = Running(tmp_path / "spool", *configured)
    assert running.service.books.authorities == {"edge"}

    (tmp_path / "tokens.yaml").write_text(admitting(SEARCH, "team:search", name="search"))
    doors = [f"{door}.address=127.0.0.1:0" for door in ("grpc", "http", "admin")]
    options = [*doors, f"spool.directory={tmp_path / 'spool'}", *configured]
    running.call(running.service.reload, lambda: load(None, environment={}, options=options))
    authorities = running.service.books.authorities
    running.stop()

    assert authorities == frozenset()
