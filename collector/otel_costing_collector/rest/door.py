"""The API of one collector: what it shares with the other doors, and its own handles on the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from otel_costing.attribution import Attribution
from otel_costing.clickhouse.store import Store
from otel_costing.mandatory_tags import TagPolicy
from otel_costing_collector.http_server import Application
from otel_costing_collector.otlp_http import OtlpHttp
from otel_costing_collector.reception import Reception
from otel_costing_collector.rest.application import rest_application
from otel_costing_collector.rest.by_path import ByPath
from otel_costing_collector.rest.pending import PendingCalls
from otel_costing_collector.rest.reading import Reading
from otel_costing_collector.spool import Spool
from otel_costing_collector.tag_policy import refused_for

_LONGEST_QUESTION_S = 30


class RestDoor:
    """The application beside OTLP's, on one port."""

    def __init__(
        self, reception: Reception, spool: Spool, dsn: str | None, policy: TagPolicy
    ) -> None:
        """Prepare it.

        Args:
            reception: what the doors share.
            spool: where events wait to be booked.
            dsn: of the ledger that this collector books into; None where it has none.
            policy: of mandatory tags.
        """
        self.use(policy)
        pending = PendingCalls(spool.state, spool.last_id() + 1)
        self._reading = None if dsn is None else Reading(_opens(dsn))
        rest = rest_application(reception, pending, self._reading, self._lacked_by)
        self.application: Application = ByPath(rest, OtlpHttp(reception))

    def use(self, policy: TagPolicy) -> None:
        """Refuse events from now on for the tags that another policy demands."""
        self._lacking = refused_for(policy)

    def _lacked_by(self, attribution: Attribution) -> Iterable[str]:
        return self._lacking(attribution)

    def close(self) -> None:
        """Let go of the ledger. Twice is safe."""
        if self._reading is not None:
            self._reading.close()


def _opens(dsn: str) -> Callable[[], Store]:
    def opened() -> Store:
        store = Store.open(dsn, create=False)
        store.connection.limit_seconds(_LONGEST_QUESTION_S)
        return store

    return opened
