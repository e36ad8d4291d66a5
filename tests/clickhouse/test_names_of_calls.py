"""Names that no call has, and those that may have been meant, however many somebody made up."""

from __future__ import annotations

from typing import Any

import pytest

from otel_costing.clickhouse.names_of_calls import Unmatched, unmatched
from otel_costing.clickhouse.store import Store
from tests.calls import batch, entry


def test_the_nearest_names_are_found_among_many_that_are_not_all_read(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_up = [f"made-up-{number:03}" for number in range(200)]
    calls = [
        entry(number)._replace(provider=provider, model=name, request_model=name, response_model="")
        for number, (provider, name) in enumerate(
            [
                *(("acme", name) for name in made_up),
                *((name, "x") for name in made_up[:60]),
                ("acme", "gpt-4o"),
                ("zeta", "gpt-4.1"),
            ],
            1,
        )
    ]
    store.book(batch(calls))
    looked_at: list[int] = []
    ask = store.query

    def counted(name: str, asked: Any) -> Any:
        rows = ask(name, asked)
        looked_at.append(len(rows))
        return rows

    monkeypatch.setattr(store, "query", counted)

    assert (
        unmatched(store, ["acme", "zeta"], ["gpt-4o", "gpt-4.1", "made-up-199"], None, None) == []
    )
    assert unmatched(store, ["acme"], ["gpt-4oo"], None, None) == [
        Unmatched("model", "gpt-4oo", ("gpt-4o",))
    ]
    assert unmatched(store, ["acmee"], [], None, None) == [
        Unmatched("provider", "acmee", ("acme",))
    ]
    assert unmatched(store, [], ["gpt-4.11"], None, None) == [
        Unmatched("model", "gpt-4.11", ("gpt-4.1", "gpt-4o"))
    ]
    assert max(looked_at) < len(made_up)
