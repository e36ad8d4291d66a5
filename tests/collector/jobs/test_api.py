"""Who may ask for jobs, in which words, and what a wrong word changes: nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from otel_costing_collector.identities import Permission
from otel_costing_collector.tokens import Tokens
from tests.collector.jobs.conftest import Held

SETTLE: dict[str, Any] = {"kind": "settle"}
SENT: dict[str, Any] = {
    "kind": "ingest",
    "database": "sent",
    "parts": [{"role": "files", "name": "a.json", "version": "1"}],
}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"authorization": "Bearer not-the-token-of-this-one"}, 403),
        ({"authorization": ""}, 403),
        ({"authorization": "Basic bm9ib2R5Om5vYm9keQ=="}, 403),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"host": "evil.example"}, 403),
        ({"host": "evil.example:4319"}, 403),
        ({"sec_fetch_site": "cross-site"}, 403),
        ({"content_type": "text/plain"}, 415),
        ({"content_type": "application/x-www-form-urlencoded"}, 415),
    ],
)
def test_who_is_not_let_in_changes_nothing(
    held: Held, headers: dict[str, str], status: int
) -> None:
    before = held.jobs()

    reply = held.ask("POST", "", SETTLE, **headers)

    assert (reply.status, json.loads(reply.body)["status"]) == (status, status)
    assert held.jobs() == before


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
@pytest.mark.parametrize("path", ["", "/x", "/x/events", "/x/parts/0"])
def test_nothing_is_told_without_a_token(held: Held, method: str, path: str) -> None:
    assert held.ask(method, path, authorization="").status in {403, 405}


@pytest.mark.parametrize(
    ("order", "why"),
    [
        (b"{", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        ([], "a job is an object of"),
        ({}, "kind is a text"),
        ({"kind": "shell"}, "kind is one of ingest"),
        ({"kind": 1}, "kind is a text"),
        ({**SETTLE, "file": "/etc/passwd"}, "a job is an object of"),
        ({**SETTLE, "arguments": []}, "arguments is an object"),
        ({**SETTLE, "arguments": {"path": "/etc/passwd"}}, "path: no such argument"),
        ({**SETTLE, "arguments": {"since": "soon"}}, "since is an instant"),
        ({**SETTLE, "arguments": {"since": "2026-10-01T00:00:00"}}, "no offset"),
        ({**SETTLE, "arguments": {"everything": 1}}, "everything is true or false"),
        ({**SETTLE, "arguments": {"authorities": "gateway"}}, "authorities is a list"),
        ({"kind": "ingest", "arguments": {"spans": "some"}}, "spans is one of all, genai, none"),
        ({"kind": "ingest", "arguments": {"refused": ["x"]}}, "refused is a list"),
        ({"kind": "ingest", "arguments": {"refused": 5}}, "refused is a list"),
        ({"kind": "ingest", "arguments": {"refused": [{"file": [], "reason": ""}]}}, "refused is"),
        ({"kind": "ingest", "parts": [{"path": "/etc/passwd"}]}, "a part is an object of"),
        ({"kind": "ingest", "parts": {}}, "parts is a list"),
        ({**SETTLE, "database": ""}, "database is a text"),
    ],
)
def test_what_means_nothing_is_refused_in_a_sentence(held: Held, order: object, why: str) -> None:
    reply = held.ask("POST", "", order)

    assert reply.status in {400, 422}
    assert why in json.loads(reply.body)["detail"]


def test_a_path_of_the_collectors_machine_is_never_read(held: Held) -> None:
    """The name of a part is what reports call it; only what is sent is read."""
    named = {"role": "files", "name": "/etc/passwd", "version": "1"}
    job = json.loads(held.ask("POST", "", {**SENT, "parts": [named]}).body)
    held.ask("PUT", f"/{job['id']}/parts/0?start=0&end=", b"{not json")

    ended = json.loads(held.ask("GET", f"/{job['id']}/events").body.splitlines()[-1])

    assert [one["file"] for one in ended["result"]["refused"]] == ["/etc/passwd"]
    assert "root" not in json.dumps(ended)


def test_a_piece_is_taken_where_the_last_one_ended_and_nowhere_else(held: Held) -> None:
    job = json.loads(held.ask("POST", "", SENT).body)
    part = f"/{job['id']}/parts/0"
    steps = [
        ("?start=0", b"abc", 200, 3),
        ("?start=0", b"abc", 409, 3),
        ("?start=7", b"x", 409, 3),
        ("?start=-1", b"x", 400, None),
        ("?start=3", b"def", 200, 6),
        ("?start=6", b"x" * (8 * 2**20 + 1), 413, None),
    ]
    for query, piece, status, received in steps:
        reply = held.ask("PUT", part + query, piece)
        assert (reply.status, json.loads(reply.body).get("bytes")) == (status, received)

    asked_again = held.ask("POST", "", SENT)
    assert asked_again.status == 200
    assert json.loads(asked_again.body)["parts"] == [
        {"bytes": 6, "is_whole": False, "cut_short": ""}
    ]
    assert held.ask("DELETE", f"/{job['id']}").status == 202
    assert held.ask("PUT", f"{part}?start=6", b"x").status == 409
    assert held.ask("PUT", f"/{job['id']}/parts/1?start=0", b"x").status == 404


def test_a_job_that_is_not_there_is_not_found(held: Held) -> None:
    for method, path in (("GET", "/none"), ("GET", "/none/events"), ("DELETE", "/none")):
        assert held.ask(method, path).status == 404


def test_asking_to_see_changes_nothing(held: Held) -> None:
    before = held.jobs()
    for path in ("", "/none", "/?cancel=1"):
        held.ask("GET", path)

    assert held.jobs() == before


def test_what_a_job_is_told_to_do_is_shown_without_its_arguments(held: Held) -> None:
    """They may name customers, or hold a store's password."""
    asked = {**SETTLE, "arguments": {"authorities": ["a-secret"]}}
    job = json.loads(held.ask("POST", "", asked).body)
    held.ask("GET", f"/{job['id']}/events")

    assert "a-secret" not in json.dumps(held.jobs())


def test_the_local_token_allows_everything_and_no_other_does_where_none_is_configured() -> None:
    tokens = Tokens().with_local("a-local-token")

    assert tokens.identity_of("Bearer a-local-token").permissions == set(Permission)
    for other in (None, "", "Bearer ", "Bearer another", "Basic a-local-token"):
        assert not tokens.identity_of(other).may(Permission.ADMIN)
    assert not Tokens().identity_of("Bearer ").may(Permission.ADMIN)
