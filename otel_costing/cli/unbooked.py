"""What the collector that holds a ledger has received and not booked yet, as its metrics say it."""

from __future__ import annotations

import re
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:  # ClickHouse is imported when a ledger is opened, not when help is asked for
    from otel_costing.clickhouse.holder import Holder

_OLDEST = re.compile(r"^otel_costing_spool_oldest_seconds (\S+)$", re.MULTILINE)
_PATIENCE_S = 5
CANNOT_TELL = "warning: the collector that holds the ledger does not say whether it has requests that are not booked yet"


def oldest_unbooked_s(dsn: str) -> float | None:
    """Return how long ago the oldest request came that is not booked.

    0 where all is booked, or where no collector holds the ledger; None where one does and does not say.
    """
    holder = _holder(dsn)
    if holder is None:
        return 0.0
    if not holder.admin:
        return None
    try:
        found = _OLDEST.search(_metrics(holder))
        return float(found[1]) if found else None
    except (OSError, HTTPException, ValueError):
        return None


def _holder(dsn: str) -> Holder | None:
    from otel_costing.clickhouse.directory_lock import LOCK_FILE
    from otel_costing.clickhouse.holder import holder_of
    from otel_costing.clickhouse.target import Embedded, StoreUnusable, target_of

    try:
        target = target_of(dsn)
        if not isinstance(target, Embedded):
            return None
        return holder_of(target.directory, (target.directory / LOCK_FILE).read_text("ascii"))
    except (OSError, ValueError, StoreUnusable):
        return None


def _metrics(holder: Holder) -> str:
    with closing(HTTPConnection(urlsplit(holder.admin).netloc, timeout=_PATIENCE_S)) as connection:
        connection.request("GET", "/metrics")
        return connection.getresponse().read().decode()
