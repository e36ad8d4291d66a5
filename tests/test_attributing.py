"""What work says of itself, and what of it the next service believes."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from typing import Any
from uuid import UUID

import pytest
from opentelemetry import baggage, trace
from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.context import Context, attach, detach
from opentelemetry.propagators.composite import CompositePropagator
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from otel_costing import CostSpanProcessor, attribute_to, workflow
from otel_costing.attributing import _warn_of_unusable
from otel_costing.attribution import Attribution
from otel_costing.baggage import trust_inbound
from otel_costing.working import working_in
from tests.tracing import attributes_of, call, exported, provider_of, tracer_of

W3C = CompositePropagator([TraceContextTextMapPropagator(), W3CBaggagePropagator()])


def current() -> Attribution:
    """Return for whom the current work is done."""
    return working_in(None).attribution or Attribution()


@pytest.fixture
def trusting(untold: None) -> None:
    """Believe inbound baggage."""
    del untold
    trust_inbound(trusted=True)


@pytest.fixture(autouse=True)
def untold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has said whom this process trusts."""
    monkeypatch.setattr("otel_costing.baggage._Trust.given", None)
    monkeypatch.delenv("OTEL_COSTING_TRUST_BAGGAGE", raising=False)
    monkeypatch.delenv("OTEL_COSTING_HASH_KEY", raising=False)


def sent() -> dict[str, str]:
    """Return the headers that a request sent now would have."""
    headers: dict[str, str] = {}
    W3C.inject(headers)
    return headers


def received(headers: dict[str, str]) -> Context:
    """Return the context of a service that received these headers."""
    return W3C.extract(headers, Context())


def claims_sent() -> dict[str, object]:
    """Return the baggage that the service would have that gets a request sent now."""
    return dict(baggage.get_all(received(sent())))


class _Serving:
    """In the context of a service that received a request."""

    def __init__(self, headers: dict[str, str]) -> None:
        self._context = received(headers)

    def __enter__(self) -> None:
        self._token = attach(self._context)

    def __exit__(self, *_: object) -> None:
        detach(self._token)


# --- inside one process


def test_inner_says_more_and_wins_where_both_speak() -> None:
    with (
        attribute_to(team="support", feature="answers"),
        attribute_to(team="search", user_id="u") as inner,
    ):
        assert (inner.team, inner.feature, inner.user_id) == ("search", "answers", "u")
        assert current() == inner
    assert current() == Attribution()


def test_the_origin_is_the_outermosts() -> None:
    with (
        attribute_to(team="support", workflow="resolve", feature="answers") as outer,
        attribute_to(team="search", workflow="look-up", feature="index") as inner,
    ):
        assert (inner.origin_team, inner.origin_workflow, inner.origin_feature) == (
            "support",
            "resolve",
            "answers",
        )
        assert inner.origin_workflow_run_id == outer.workflow_run_id
        assert inner.origin_source == "root"


def test_the_outermost_workflow_makes_a_run_and_nested_ones_belong_to_it() -> None:
    with attribute_to(workflow="a") as outer, attribute_to(workflow="b") as inner:
        assert len(outer.workflow_run_id) == 32
        assert inner.workflow_run_id == outer.workflow_run_id


def test_without_a_workflow_there_is_no_run() -> None:
    with attribute_to(team="support") as work:
        assert work.workflow_run_id == ""


def test_a_run_that_is_given_an_id_keeps_it() -> None:
    with attribute_to(workflow="a", workflow_run_id="nightly-7") as work:
        assert work.workflow_run_id == "nightly-7"


def test_a_decorated_function_begins_a_run_at_every_call() -> None:
    @workflow("resolve-ticket")
    def answer() -> str:
        return current().workflow_run_id

    runs = {answer(), answer(), answer()}
    assert len(runs) == 3
    assert "" not in runs


def test_a_decorated_function_may_call_itself_within_one_run() -> None:
    @workflow("walk")
    def walk(depth: int) -> set[str]:
        return {current().workflow_run_id} | (walk(depth - 1) if depth else set())

    assert len(walk(3)) == 1


def test_a_decorated_coroutine_begins_a_run_and_concurrent_ones_do_not_mix() -> None:
    @workflow("resolve-ticket", feature="answers")
    async def answer(name: str, ready: asyncio.Barrier) -> tuple[str, str, str]:
        with attribute_to(user_id=name):
            before = current()
            await ready.wait()
            after = current()
        assert before == after
        return after.user_id, after.workflow_run_id, after.feature

    async def serve() -> list[tuple[str, str, str]]:
        ready = asyncio.Barrier(3)
        return await asyncio.gather(*(answer(name, ready) for name in "abc"))

    answers = asyncio.run(serve())
    assert [name for name, _, _ in answers] == ["a", "b", "c"]
    assert len({run for _, run, _ in answers}) == 3
    assert {feature for _, _, feature in answers} == {"answers"}


def test_one_decorated_function_in_many_threads_gives_each_its_run() -> None:
    @workflow("resolve-ticket")
    def answer(_: int) -> str:
        return current().workflow_run_id

    with ThreadPoolExecutor(8) as pool:
        runs = list(pool.map(answer, range(64)))
    assert len(set(runs)) == 64


def test_a_thread_that_carries_the_context_knows_for_whom_it_works() -> None:
    with attribute_to(team="support"), ThreadPoolExecutor(1) as pool:
        carried = pool.submit(contextvars.copy_context().run, current).result()
        plain = pool.submit(current).result()
    assert (carried.team, plain.team) == ("support", "")


@pytest.mark.parametrize("around", [attribute_to(workflow="answer"), nullcontext()])
def test_a_block_that_is_left_in_another_context_does_no_harm_there(
    around: AbstractContextManager[object], caplog: pytest.LogCaptureFixture
) -> None:
    """FastAPI enters and leaves a plain `def` dependency in two threads, each with a copy of the request's context."""
    block = attribute_to(team="support")
    with around:
        before = current()
        contextvars.copy_context().run(block.__enter__)
        contextvars.copy_context().run(block.__exit__, None, None, None)
        assert current() == before

    assert current() == Attribution()
    assert caplog.records == []


def test_blocks_that_are_left_in_another_order_leave_nothing_behind() -> None:
    """As two streams do that are read by turns in one task."""
    first, second = attribute_to(team="support"), attribute_to(team="search")
    for block in (first, first, second):
        block.__enter__()
    for block in (first, second, first):
        block.__exit__(None, None, None)

    assert current() == Attribution()


def test_an_error_inside_ends_the_work_and_goes_on() -> None:
    with pytest.raises(KeyError), attribute_to(team="support"):
        raise KeyError
    assert current() == Attribution()


def _generator() -> Iterator[int]:
    yield 1


async def _async_generator() -> Any:
    yield 1


@pytest.mark.parametrize("function", [_generator, _async_generator])
def test_a_generator_is_refused_with_what_to_do(function: Callable[..., Any]) -> None:
    with pytest.raises(TypeError, match="decorate the function that consumes it"):
        workflow("w")(function)


def test_a_decorated_function_keeps_its_name_and_its_documentation() -> None:
    @workflow("w")
    def answer() -> None:
        """Answer."""

    assert (answer.__name__, answer.__doc__) == ("answer", "Answer.")


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("x" * 300, "x" * 256),
        ("a\nb\x00c", "abc"),
        (17, "17"),
        (UUID(int=10), "00000000-0000-0000-0000-00000000000a"),
        (True, ""),
        ("", ""),
    ],
)
def test_values_are_kept_as_attribution_keeps_them(said: Any, kept: str) -> None:
    with attribute_to(team=said) as work:
        assert work.team == kept


class _Unhelpful:
    """A value that answers nothing, not even whether it equals another."""

    def __eq__(self, other: object) -> bool:
        raise AssertionError

    def __hash__(self) -> int:
        raise AssertionError

    def __bool__(self) -> bool:
        raise AssertionError

    def __str__(self) -> str:
        raise AssertionError


@pytest.mark.parametrize(
    "said",
    [0.5, b"c-1", ["c-1"], True, 2**63, "\x00", _Unhelpful()],
    ids=lambda one: type(one).__name__,
)
def test_a_value_that_cannot_be_kept_is_left_out_and_the_log_says_so_once(
    said: Any, caplog: pytest.LogCaptureFixture
) -> None:
    _warn_of_unusable.cache_clear()
    for _ in range(2):
        with attribute_to(team="search", customer_id=said) as work:
            assert (work.team, work.customer_id) == ("search", "")

    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert "customer_id is left out" in record.message
    assert f"of type {type(said).__name__} " in record.message


def test_what_is_not_said_is_no_reason_for_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    _warn_of_unusable.cache_clear()
    with attribute_to(team="", customer_id=None):
        assert not caplog.records


# --- on spans


def test_the_local_root_gets_what_is_known_and_spans_below_do_not() -> None:
    simple, exporter = exported()
    tracer = tracer_of(CostSpanProcessor(), simple)
    with attribute_to(team="support"), tracer.start_as_current_span("root"):
        tracer.start_span("below").end()
    below, root = (attributes_of(span) for span in exporter.get_finished_spans())

    assert below == {}
    assert root["otel_costing.team"] == "support"
    assert root["otel_costing.origin.source"] == "root"


def test_a_root_that_began_before_gets_it_once_and_keeps_what_it_had() -> None:
    simple, exporter = exported()
    tracer = tracer_of(CostSpanProcessor(), simple)
    with (
        tracer.start_as_current_span("root"),
        attribute_to(team="support", feature="answers"),
        attribute_to(team="search", user_id="u-1"),
    ):
        pass
    root = attributes_of(exporter.get_finished_spans()[0])

    assert root["otel_costing.team"] == "support"
    assert root["otel_costing.user_id"] == "u-1"


def test_the_first_span_below_a_remote_parent_is_a_local_root() -> None:
    simple, exporter = exported()
    tracer = tracer_of(CostSpanProcessor(), simple)
    with tracer.start_as_current_span("client"):
        headers = sent()
    with _Serving(headers), attribute_to(team="search"):
        tracer.start_span("server").end()

    assert attributes_of(exporter.get_finished_spans()[1])["otel_costing.team"] == "search"


# --- to the next service


def test_the_origin_travels_and_the_next_service_keeps_it_apart_from_its_own_team(
    trusting: None,
) -> None:
    del trusting
    with attribute_to(team="support", workflow="resolve", feature="answers", purpose="evaluation"):
        run, headers = current().workflow_run_id, sent()
    with _Serving(headers), attribute_to(team="search", workflow="look-up") as work:
        assert (work.team, work.workflow, work.workflow_run_id) == ("search", "look-up", run)
        assert (work.origin_team, work.origin_workflow) == ("support", "resolve")
        assert (work.origin_workflow_run_id, work.origin_feature) == (run, "answers")
        assert (work.origin_source, work.purpose) == ("baggage", "evaluation")
        headers = sent()
    with _Serving(headers), attribute_to(team="ranking") as work:
        assert (work.team, work.origin_team) == ("ranking", "support")


def test_a_call_in_a_trusting_service_that_says_nothing_itself_still_has_its_origin(
    trusting: None,
) -> None:
    del trusting
    simple, exporter = exported()
    tracer = tracer_of(CostSpanProcessor(), simple, resource={"service.namespace": "search"})
    with attribute_to(team="support", workflow="resolve"):
        headers = sent()
    with _Serving(headers):
        call(tracer)
    seen = attributes_of(exporter.get_finished_spans()[0])

    assert seen["otel_costing.team"] == "search"
    assert seen["otel_costing.origin.team"] == "support"
    assert seen["otel_costing.origin.source"] == "baggage"


def test_a_worker_continues_the_run_of_a_message_in_a_trace_of_its_own(trusting: None) -> None:
    """As Celery's and Kafka's consumers may do: a root that only links to the span that sent the message."""
    del trusting
    simple, exporter = exported()
    tracer = tracer_of(CostSpanProcessor(), simple, resource={"service.namespace": "search"})
    with attribute_to(team="support", workflow="resolve"):
        run, message = current().workflow_run_id, sent()
    with _Serving({"baggage": message["baggage"]}):
        call(tracer)
    (span,) = exporter.get_finished_spans()

    assert span.parent is None
    assert attributes_of(span)["otel_costing.origin.workflow_run_id"] == run
    assert attributes_of(span)["otel_costing.origin.workflow"] == "resolve"
    assert attributes_of(span)["otel_costing.workflow_run_id"] == run


def test_a_worker_that_trusts_nobody_continues_the_run_that_its_message_names() -> None:
    with attribute_to(workflow="resolve") as work:
        message = {"run": work.workflow_run_id}
    with attribute_to(workflow="resolve", workflow_run_id=message["run"]) as continued:
        assert continued.workflow_run_id == continued.origin_workflow_run_id == work.workflow_run_id
        assert continued.origin_workflow == "resolve"


def test_what_untrusted_callers_claim_is_ignored_and_not_passed_on() -> None:
    with attribute_to(team="support", workflow="resolve", project="p"):
        headers = sent()
    with _Serving(headers):
        assert current() == Attribution()
        with attribute_to(team="search") as work:
            assert (work.origin_team, work.origin_source) == ("search", "root")
            assert work.origin_workflow == work.project == ""
            passed_on = baggage.get_all(received(sent()))
    assert passed_on == {"otel_costing.team": "search"}


def test_the_environment_can_say_that_callers_are_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_COSTING_TRUST_BAGGAGE", "True")
    with _Serving({"baggage": "otel_costing.team=support"}):
        assert current().origin_team == "support"


def test_a_processor_can_say_that_callers_are_trusted() -> None:
    CostSpanProcessor(trust_baggage=True).shutdown()
    with _Serving({"baggage": "otel_costing.team=support"}):
        assert current().origin_team == "support"


def test_others_baggage_stays() -> None:
    with _Serving({"baggage": "tenant=t1,otel_costing.team=x"}), attribute_to(team="search"):
        assert baggage.get_all(received(sent())) == {"tenant": "t1", "otel_costing.team": "search"}


@pytest.mark.parametrize(
    ("claim", "believed"),
    [
        ("otel_costing.team=support", "support"),
        ("otel_costing.team=Team%20A", "Team A"),
        ("otel_costing.team=" + "x" * 256, "x" * 256),
        ("otel_costing.team=" + "x" * 257, ""),
        ("otel_costing.team=a%0Ab", ""),
        ("otel_costing.team=a%27%3B--", ""),
        ("otel_costing.team=%E2%82%AC", ""),
        ("otel_costing.team=", ""),
        ("otel_costing.origin.team=support", ""),
        ("otel_costing.environment=support", ""),
        ("team=support", ""),
    ],
)
def test_of_a_trusted_claim_only_listed_keys_and_plain_values_are_believed(
    trusting: None, claim: str, believed: str
) -> None:
    del trusting
    with _Serving({"baggage": claim}):
        assert current().origin_team == believed
        assert current().origin_source == ("baggage" if believed else "none")


# --- whose workflow it is where nobody says


SUPPORT = {"service.namespace": "support"}


@pytest.mark.parametrize(
    "resource", [SUPPORT, {"otel_costing.team": "support", "service.namespace": "platform"}]
)
def test_the_next_service_knows_the_team_of_a_workflow_by_the_callers_resource(
    trusting: None, resource: dict[str, str]
) -> None:
    del trusting
    simple, exporter = exported()
    caller = tracer_of(CostSpanProcessor(), simple, resource=resource)
    callee = tracer_of(CostSpanProcessor(), simple, resource={"service.namespace": "search"})
    with caller.start_as_current_span("POST /tickets"), workflow("resolve"):
        call(caller)
        headers = sent()
    with _Serving(headers), callee.start_as_current_span("GET /find"), workflow("look-up"):
        call(callee)
    own, _, asked, _ = (attributes_of(span) for span in exporter.get_finished_spans())

    assert asked["otel_costing.team"] == "search"
    assert asked["otel_costing.origin.team"] == own["otel_costing.origin.team"] == "support"
    assert asked["otel_costing.origin.workflow"] == "resolve"
    assert asked["otel_costing.origin.source"] == "baggage"


@pytest.mark.parametrize("is_below_one", [True, False])
def test_a_workflow_without_a_recorded_span_is_of_the_team_of_the_process(
    monkeypatch: pytest.MonkeyPatch, *, is_below_one: bool
) -> None:
    process = provider_of(sampler=ALWAYS_OFF, resource=SUPPORT)
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", process)
    dropped = process.get_tracer("app").start_as_current_span("POST /tickets")
    with dropped if is_below_one else nullcontext(), workflow("resolve"):
        assert claims_sent()["otel_costing.team"] == "support"


def test_a_workflow_of_a_process_without_a_resource_is_sent_without_a_team(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", None)
    with workflow("resolve", workflow_run_id="r-1"):
        assert claims_sent() == {
            "otel_costing.workflow": "resolve",
            "otel_costing.workflow_run_id": "r-1",
        }


def test_what_a_block_says_of_the_team_stands_over_the_resource() -> None:
    with tracer_of(resource=SUPPORT).start_as_current_span("POST /tickets"):
        with workflow("resolve"), attribute_to(feature="answers"):
            assert claims_sent()["otel_costing.team"] == "support"
            with attribute_to(team="billing") as inside:
                assert claims_sent()["otel_costing.team"] == inside.origin_team == "billing"
        with attribute_to(team="billing"), workflow("resolve"):
            assert claims_sent()["otel_costing.team"] == "billing"


@pytest.mark.parametrize(
    ("claim", "passed_on"),
    [
        ({"otel_costing.workflow": "resolve", "otel_costing.team": "billing"}, "billing"),
        ({"otel_costing.workflow": "resolve"}, None),
    ],
)
def test_a_trusted_callers_workflow_is_never_of_the_team_of_who_passes_it_on(
    trusting: None, claim: dict[str, str], passed_on: str | None
) -> None:
    del trusting
    headers = {"baggage": ",".join(f"{key}={value}" for key, value in claim.items())}
    with (
        _Serving(headers),
        tracer_of(resource=SUPPORT).start_as_current_span("POST /tickets"),
        workflow("look-up"),
    ):
        assert claims_sent().get("otel_costing.team") == passed_on


def test_without_a_workflow_the_resource_is_not_asked() -> None:
    with (
        tracer_of(resource=SUPPORT).start_as_current_span("POST /tickets"),
        attribute_to(user_id="ann", share=("user_id",), hash_key="k"),
    ):
        assert list(claims_sent()) == ["otel_costing.user_id"]


# --- personal identifiers


def test_personal_identifiers_stay_in_the_process() -> None:
    with attribute_to(team="support", user_id="ann", session_id="s-1", customer_id="acme"):
        assert baggage.get_all(received(sent())) == {"otel_costing.team": "support"}


def test_a_shared_identifier_travels_as_a_keyed_hash_and_never_as_itself(trusting: None) -> None:
    del trusting
    with attribute_to(user_id="ann@example.org", share=("user_id",), hash_key="k") as work:
        headers = sent()
        assert work.user_id == "ann@example.org"
    with _Serving(headers):
        pseudonym = current().user_id
        with attribute_to(team="search"):
            onward = baggage.get_all(received(sent()))["otel_costing.user_id"]

    assert "ann" not in str(headers)
    assert pseudonym.startswith("h:")
    assert len(pseudonym) == 34
    assert onward == pseudonym


def test_the_same_key_gives_the_same_pseudonym_and_another_field_another() -> None:
    def shared(key: str, **who: Any) -> dict[str, object]:
        with attribute_to(**who, share=tuple(who), hash_key=key):
            return dict(baggage.get_all(received(sent())))

    first = shared("k", user_id="7", session_id="7")
    assert first == shared("k", user_id="7", session_id="7")
    assert first["otel_costing.user_id"] != first["otel_costing.session_id"]
    assert first["otel_costing.user_id"] != shared("j", user_id="7")["otel_costing.user_id"]


def test_the_key_may_stand_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_COSTING_HASH_KEY", "k")
    with attribute_to(user_id="ann", share="user_id"):
        from_environment = sent()
    monkeypatch.delenv("OTEL_COSTING_HASH_KEY")
    with attribute_to(user_id="ann", share=("user_id",), hash_key="k"):
        assert sent() == from_environment


def test_sharing_without_a_key_is_refused() -> None:
    with pytest.raises(ValueError, match="OTEL_COSTING_HASH_KEY"):
        attribute_to(user_id="ann", share=("user_id",))


def test_sharing_what_is_no_personal_identifier_is_refused() -> None:
    with pytest.raises(ValueError, match="not team"):
        attribute_to(team="support", share=("team",), hash_key="k")


def test_a_workflow_without_a_name_is_refused_where_it_is_written() -> None:
    with pytest.raises(TypeError, match="resolve-ticket"):
        workflow(lambda: None)  # type: ignore[arg-type]


def test_an_inner_team_does_not_name_the_workflow_of_the_origin() -> None:
    """The support team's work stays the support team's, whatever a library inside calls its own."""
    with attribute_to(team="support"), attribute_to(team="search", workflow="rank") as inside:
        assert inside.workflow == "rank"
        assert inside.origin_team == "support"
        assert inside.origin_workflow == ""


def test_the_team_at_the_root_may_name_its_workflow_later() -> None:
    with attribute_to(team="support"), workflow("resolve-ticket") as inside:
        assert inside.origin_workflow == "resolve-ticket"
        assert inside.origin_workflow_run_id == inside.workflow_run_id != ""
