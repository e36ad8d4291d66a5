"""From a request to its answer: a place, the text examined, then run on a handle of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing
from functools import partial
from typing import NamedTuple
from uuid import uuid4

from otel_costing.clickhouse.target import Embedded
from otel_costing_collector.sql_endpoint.admission import Admission
from otel_costing_collector.sql_endpoint.answering import Answering
from otel_costing_collector.sql_endpoint.answers import Shape
from otel_costing_collector.sql_endpoint.engine import Engine, Part, Ready
from otel_costing_collector.sql_endpoint.limits import Limits, engine_settings
from otel_costing_collector.sql_endpoint.policy import packaged_policy
from otel_costing_collector.sql_endpoint.refusals import SqlRefused, not_allowed
from otel_costing_collector.sql_endpoint.requests import Request
from otel_costing_collector.sql_endpoint.statements import Statements

_LEDGER = frozenset(("", "default"))
"""What clients that name no database mean; the engine's own `default` reads files as tables."""

_PATIENCE_SECONDS = 2
"""With questions that were told to end; most do within one."""


class Capacity(NamedTuple):
    """What all questions together may take."""

    at_a_time: int
    waiting: int


class Answer(NamedTuple):
    """An answer under way."""

    shape: Shape
    answering: Answering


class Asking:
    """Whoever is asked about one ledger."""

    def __init__(self, target: Embedded, limits: Limits, capacity: Capacity) -> None:
        """Take hold of the ledger.

        Raises:
            StoreUnusable: it is not this process's.
            SqlRefused: the engine is too old to tell syntax trees.
        """
        self._policy = packaged_policy()
        self._database = target.database
        self._limits = limits
        self._engine = Engine(target)
        self._statements = Statements(self._engine, self._policy, target.database)
        self._admission = Admission(capacity.at_a_time, capacity.waiting, limits.seconds)
        self._under_way: set[Answering] = set()
        self._is_closed = False
        self._threads = ThreadPoolExecutor(capacity.at_a_time, thread_name_prefix="sql")

    @asynccontextmanager
    async def answer(
        self, request: Request, hear: Callable[[Answering], None]
    ) -> AsyncIterator[Answer]:
        """Answer a request for as long as the block lasts; leaving it ends what has not ended.

        Args:
            request: what is asked.
            hear: told of the answering as soon as it can be stopped.

        Raises:
            SqlRefused: there is no place, or it may not be asked.
        """
        async with self._admission.place():
            loop = asyncio.get_running_loop()
            ready = await loop.run_in_executor(self._threads, self._ready, request)
            label, shape = uuid4().hex, Shape(request, ready.output_format)
            make = partial(self._make, ready, label, shape)
            answering = Answering(make, partial(self._engine.stop, label), self._threads)
            self._under_way.add(answering)
            hear(answering)
            try:
                yield Answer(shape, answering)
            finally:
                await asyncio.shield(answering.stop())
                self._under_way.discard(answering)

    def _make(self, ready: Ready, label: str, shape: Shape) -> Generator[Part, None, None]:
        with closing(self._engine.answer(ready, label)) as parts:
            for part in parts:
                yield shape.written(part)

    def leave(self) -> None:
        """Make every answer that is under way end soon."""
        for answering in self._under_way:
            answering.leave()

    def close(self) -> bool:
        """Let go of the ledger, and tell whether every question had ended in time. Twice is safe.

        The engine looks whether a query is to end between blocks of rows, and one block may take hours.
        """
        ending = threading.Thread(target=self._threads.shutdown, daemon=True)
        ending.start()
        ending.join(_PATIENCE_SECONDS)
        if ending.is_alive():
            return False
        if not self._is_closed:
            self._is_closed = True
            self._engine.close()
        return True

    def _ready(self, request: Request) -> Ready:
        if request.database not in {*_LEDGER, self._database}:
            raise SqlRefused(
                81, "UNKNOWN_DATABASE", f"the ledger is in the database {self._database}"
            )
        statement = self._statements.of(request.text, request.parameters)
        output_format = statement.output_format or request.default_format
        if output_format not in self._policy.formats:
            raise not_allowed(f"the format {output_format}")
        given = (request.settings, statement.settings)
        settings = engine_settings(self._limits, given, self._policy)
        return Ready(
            statement.sql,
            output_format,
            request.parameters,
            settings,
            statement.is_select,
            self._limits.result_bytes,
        )
