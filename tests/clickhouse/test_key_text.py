"""Ids reach the store as they are, however they are written."""

from __future__ import annotations

import pytest

from otel_costing.clickhouse.key_text import key_text
from otel_costing.clickhouse.store import Store

ASKED = "SELECT arrayJoin(splitByChar(' ', {keys:String})) AS key"


@pytest.mark.parametrize(
    "keys",
    [
        ["0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"],
        ["0af7651916cd43dd8448eb211c80319c/b7ad6b7169203331"],
        ["it's", 'a"b', "back\\slash", "tab\t", "new\nline", "`"],
        ["x') OR 1=1 --", "{keys:String}"],
        ["é", "\u2028"],
    ],
)
def test_keys_come_back_as_they_were(store: Store, keys: list[str]) -> None:
    answer = store.connection.query(ASKED, {"keys": key_text(keys)})

    assert [row[0] for row in answer.rows] == " ".join(keys).split(" ")
