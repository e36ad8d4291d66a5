"""For whom code works where a library begins its spans in contexts of its own."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import Any

import pytest
from opentelemetry import baggage, trace
from opentelemetry.context import Context, attach, detach, get_current
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Link, SpanContext, TraceFlags, Tracer

from otel_costing import CostSpanProcessor, attribute_to, receipt, record_outcome
from otel_costing.baggage import trust_inbound
from otel_costing.working import working_in
from tests.tracing import CALL, attributes_of, exported, tracer_of


class Application:
    """Its model calls are priced; its library begins spans as OpenTelemetry's instrumentation of LangChain does."""

    def __init__(self) -> None:
        simple, self._exporter = exported()
        self.tracer: Tracer = tracer_of(CostSpanProcessor(), simple)

    def begin(self, name: str, below: Context | None = None) -> Context:
        """Begin a graph, or a tool; return its context, which the library keeps for what happens below."""
        return trace.set_span_in_context(self.tracer.start_span(name, context=below), below)

    def call(self, below: Context | None, **options: Any) -> dict[str, Any]:
        """Make a model call in a context of the library's choice; return what its span says."""
        self.tracer.start_span("chat m", context=below, attributes=CALL, **options).end()
        spans: tuple[ReadableSpan, ...] = self._exporter.get_finished_spans()
        return attributes_of(spans[-1])

    def call_in(self, current: Context) -> dict[str, Any]:
        """Make a model call in a context that is the current one."""
        with running_in(current):
            return self.call(None)

    @property
    def exporter(self) -> InMemorySpanExporter:
        """What ended."""
        return self._exporter


@pytest.fixture
def application() -> Application:
    """An application whose calls are priced."""
    return Application()


@pytest.fixture
def trusting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Believe inbound baggage."""
    monkeypatch.setattr("otel_costing.baggage._Trust.given", None)
    trust_inbound(trusted=True)


@contextmanager
def running_in(context: Context) -> Iterator[None]:
    """Run code in a context, as libraries do around a node or a tool."""
    token = attach(context)
    try:
        yield
    finally:
        detach(token)


# --- what a node says reaches its calls


@pytest.mark.parametrize("around", ["a block", "a span", "nothing"])
@pytest.mark.parametrize("own_spans", [0, 2])
def test_a_call_belongs_to_the_block_it_is_made_in_though_its_parent_was_captured_before(
    application: Application, around: str, own_spans: int
) -> None:
    outer: dict[str, AbstractContextManager[object]] = {
        "a block": attribute_to(team="support", agent="front"),
        "a span": application.tracer.start_as_current_span("POST /tickets"),
    }
    with ExitStack() as node:
        node.enter_context(outer.get(around, nullcontext()))
        graph = application.begin("graph")
        node.enter_context(running_in(graph))
        for _ in range(own_spans):
            node.enter_context(application.tracer.start_as_current_span("step"))
        node.enter_context(attribute_to(agent="triage"))
        own = node.enter_context(receipt())
        said = application.call(graph)

    assert (said["otel_costing.agent"], own.calls) == ("triage", 1)
    assert said.get("otel_costing.team") == ("support" if around == "a block" else None)


def test_what_a_nodes_calls_cost_is_on_the_receipt_around_the_graph_too(
    application: Application,
) -> None:
    with receipt() as whole:
        graph = application.begin("graph")
        with running_in(graph), receipt() as node:
            application.call(graph)
        application.call(graph)

    assert (whole.calls, node.calls) == (2, 1)


def test_a_tool_is_of_the_node_that_uses_it_and_what_it_says_adds_to_that(
    application: Application,
) -> None:
    """The tool's context was made from the graph's: of the node's block, it knows nothing."""
    with attribute_to(team="support"):
        graph = application.begin("graph")
    with running_in(graph), attribute_to(agent="triage"), receipt() as node:
        tool = application.begin("tool", graph)
        with running_in(tool):
            plain = application.call(tool)
            with attribute_to(tool="find-order"):
                said = application.call(tool)
            with receipt() as own:
                application.call(tool)

    assert (node.calls, own.calls) == (3, 1)
    assert plain["otel_costing.agent"] == said["otel_costing.agent"] == "triage"
    assert said["otel_costing.tool"] == "find-order"
    assert said["otel_costing.team"] == said["otel_costing.origin.team"] == "support"


def test_what_comes_of_a_tool_is_told_of_the_node_that_uses_it(application: Application) -> None:
    graph = application.begin("graph")
    with running_in(graph), attribute_to(agent="triage"):
        tool = application.begin("tool", graph)
        with running_in(tool), application.tracer.start_as_current_span("step"):
            record_outcome("order_found")
    (step,) = application.exporter.get_finished_spans()

    assert (step.events[0].attributes or {})["otel_costing.agent"] == "triage"


def test_a_thread_that_carries_only_the_tools_context_works_for_whom_the_tool_does(
    application: Application,
) -> None:
    """As OpenTelemetry's instrumentation of `threading` carries it."""
    with receipt() as whole:
        graph = application.begin("graph")
        with running_in(graph), receipt() as node:
            in_thread(application.call_in, application.begin("tool", graph))

    assert (node.calls, whole.calls) == (1, 1)


def test_a_thread_that_carries_a_block_works_for_it_also_below_a_span_of_another(
    application: Application,
) -> None:
    with attribute_to(agent="triage"):
        span = application.begin("span")
    with attribute_to(agent="writer"):
        carried = trace.set_span_in_context(trace.get_current_span(span))

    assert in_thread(application.call_in, carried)["otel_costing.agent"] == "writer"


def test_a_thread_that_is_handed_the_nodes_context_works_for_the_node(
    application: Application,
) -> None:
    with attribute_to(team="support"):
        graph = application.begin("graph")
    with running_in(graph), attribute_to(agent="triage"), receipt() as node:
        in_thread(contextvars.copy_context().run, application.call, graph)

    assert node.calls == 1


def test_nodes_that_run_at_once_keep_their_calls_apart(application: Application) -> None:
    async def node(graph: Context, calls: int, ready: asyncio.Barrier) -> tuple[int, set[str]]:
        with running_in(graph), attribute_to(agent=f"agent-{calls}"), receipt() as own:
            await ready.wait()
            said = [await asyncio.to_thread(application.call, graph) for _ in range(calls)]
        return own.calls, {each["otel_costing.agent"] for each in said}

    async def graph_of_three() -> list[tuple[int, set[str]]]:
        graph, ready = application.begin("graph"), asyncio.Barrier(3)
        return await asyncio.gather(*(node(graph, calls, ready) for calls in (1, 2, 3)))

    with receipt() as whole:
        told = asyncio.run(graph_of_three())

    assert [calls for calls, _ in told] == [1, 2, 3]
    assert whole.calls == 6


def in_thread(work: Callable[..., Any], *arguments: object) -> Any:
    """Do something in a thread of its own, which carries no context."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work, *arguments).result()


# --- what is of other work does not


class Worker:
    """Takes items, each with a context of its own, in a block of its own."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.poll = application.begin("poll")

    def message(self) -> Context:
        """Of another trace, captured where only the service around had said anything."""
        return self.application.begin("a message")

    def request(self) -> Context:
        """Of another block, in another trace."""
        with attribute_to(customer_id="acme"):
            return self.application.begin("a request")

    def part(self) -> Context:
        """Of another block in this trace."""
        with running_in(self.poll), attribute_to(customer_id="acme"):
            return self.application.begin("a part of the poll")

    def service(self) -> Context:
        """Of no trace: a call in it begins one."""
        return get_current()

    def caller(self) -> Context:
        """Of another process."""
        caller = SpanContext(7, 7, is_remote=True, trace_flags=TraceFlags(1))
        return trace.set_span_in_context(trace.NonRecordingSpan(caller), Context())

    def nobody(self) -> Context:
        """Of nothing: a root set apart."""
        return Context()


@pytest.mark.parametrize(
    ("item_of", "customer", "on_the_service"),
    [
        (Worker.message, None, 2),
        (Worker.request, "acme", 2),
        (Worker.part, "acme", 2),
        (Worker.service, None, 2),
        (Worker.caller, None, 1),
        (Worker.nobody, None, 1),
    ],
)
@pytest.mark.parametrize("in_a_span", [True, False])
def test_a_call_of_other_work_is_not_of_the_worker_that_makes_it(
    application: Application,
    item_of: Callable[[Worker], Context],
    customer: str | None,
    on_the_service: int,
    *,
    in_a_span: bool,
) -> None:
    with attribute_to(team="platform"), receipt() as service:
        worker = Worker(application)
        item = item_of(worker)
        around = running_in(worker.poll) if in_a_span else nullcontext()
        with around, attribute_to(agent="worker"), receipt() as own:
            said = application.call(item)
            application.call(None)

    assert "otel_costing.agent" not in said
    assert said.get("otel_costing.customer_id") == customer
    assert (own.calls, service.calls) == (1, on_the_service)


def test_a_root_that_only_links_to_the_work_around_it_is_not_of_it(
    application: Application,
) -> None:
    with application.tracer.start_as_current_span("poll") as poll, receipt() as worker:
        application.call(Context(), links=[Link(poll.get_span_context())])

    assert worker.calls == 0


def test_a_task_that_one_request_began_works_for_the_others_whose_items_it_takes(
    application: Application,
) -> None:
    """It has the first request's context for as long as it lives."""

    async def serve() -> int:
        items: asyncio.Queue[Context] = asyncio.Queue()

        async def work() -> None:
            for _ in range(2):
                application.call(await items.get())

        with application.tracer.start_as_current_span("first"), receipt() as first:
            working = asyncio.create_task(work())
            items.put_nowait(get_current())
        with application.tracer.start_as_current_span("second"):
            items.put_nowait(get_current())
            await working
        return first.calls

    assert asyncio.run(serve()) == 1


# --- what callers claim


def test_a_block_in_a_request_is_within_what_the_requests_caller_claims(
    application: Application, trusting: None
) -> None:
    del trusting
    request = baggage.set_baggage("otel_costing.team", "support", Context())
    graph = application.begin("graph", request)
    with running_in(graph), attribute_to(team="search", agent="triage"):
        said = application.call(graph)

    assert said["otel_costing.agent"] == "triage"
    assert said["otel_costing.origin.team"] == "support"


def test_a_block_in_a_request_is_not_within_what_another_caller_claims_in_the_same_trace(
    application: Application, trusting: None
) -> None:
    del trusting
    request = application.begin("request")
    other = baggage.set_baggage("otel_costing.team", "billing", request)
    with running_in(request), attribute_to(team="search", agent="triage"):
        said = application.call(other)

    assert "otel_costing.agent" not in said
    assert said["otel_costing.origin.team"] == "billing"


# --- without end


def test_blocks_that_nest_without_end_do_not_grow_and_count(application: Application) -> None:
    """As where a task begins the next one inside its own block."""
    with ExitStack() as blocks:
        for _ in range(100):
            blocks.enter_context(attribute_to(team="support"))
        so_far = blocks.enter_context(receipt())
        assert len(working_in(None).around) == 32
        blocks.enter_context(running_in(Context()))
        application.call(None)

    assert so_far.calls == 1
