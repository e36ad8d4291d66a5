"""What an action has cost, exact, before it answers."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal

from opentelemetry.trace import Tracer

from otel_costing import CostSpanProcessor, Unpriced, Usage, attribute_to, price, receipt
from otel_costing.cost import PricedCall
from otel_costing.usage import Call
from tests.tracing import CALL_USD, call, tracer_of

ONE = Decimal(CALL_USD)


def priced_tracer() -> Tracer:
    """Return a tracer whose calls are priced."""
    return tracer_of(CostSpanProcessor())


def test_an_action_without_calls_has_cost_nothing() -> None:
    with receipt() as so_far:
        pass
    assert so_far.total_usd == 0
    assert (so_far.calls, so_far.unpriced) == (0, 0)
    assert so_far.lines == ()
    assert repr(so_far) == "<Receipt of 0 calls, 0.000000000000 USD, 0 unpriced>"


def test_a_receipt_says_what_the_calls_inside_cost_as_they_end() -> None:
    tracer = priced_tracer()
    call(tracer)
    with receipt() as so_far:
        call(tracer)
        assert str(so_far.total_usd) == CALL_USD
        call(tracer)
        assert so_far.total_usd == 2 * ONE
    call(tracer)

    assert (so_far.calls, so_far.total_usd) == (2, 2 * ONE)


def test_the_total_is_the_exact_sum_of_the_lines() -> None:
    tracer = priced_tracer()
    with receipt() as so_far:
        for tokens in (1, 7, 999):
            call(tracer, more={"gen_ai.usage.output_tokens": 50 + tokens})
    amounts = [line.amount_usd for line in so_far.lines]

    assert sum(amount for amount in amounts if amount is not None) == so_far.total_usd
    assert [line.quantity for line in so_far.lines if line.meter == "output"] == [1, 7, 999]


def test_calls_without_a_price_are_counted_apart_and_missing_from_the_total() -> None:
    tracer = priced_tracer()
    with receipt() as so_far:
        call(tracer)
        call(tracer, more={"gen_ai.response.model": "gpt-99"})

    assert (so_far.calls, so_far.unpriced, so_far.total_usd) == (2, 1, ONE)
    assert repr(so_far) == f"<Receipt of 2 calls, {CALL_USD} USD, 1 unpriced>"


def test_an_inner_receipt_is_part_of_the_outer_one() -> None:
    tracer = priced_tracer()
    with receipt() as outer:
        call(tracer)
        with receipt() as inner:
            call(tracer)
        call(tracer)

    assert (outer.calls, inner.calls) == (3, 1)


def test_a_receipt_leaves_the_attribution_around_it_as_it_is_and_the_other_way_round() -> None:
    tracer = priced_tracer()
    with attribute_to(team="a"), receipt() as so_far, attribute_to(team="b") as work:
        call(tracer)

    assert so_far.calls == 1
    assert (work.team, work.origin_team) == ("b", "a")


def test_concurrent_tasks_started_inside_are_counted_and_each_has_its_own() -> None:
    tracer = priced_tracer()

    async def one(calls: int, ready: asyncio.Barrier) -> int:
        with receipt() as own:
            await ready.wait()
            for _ in range(calls):
                call(tracer)
                await asyncio.sleep(0)
        return own.calls

    async def action() -> tuple[list[int], int]:
        ready = asyncio.Barrier(3)
        with receipt() as so_far:
            each = await asyncio.gather(*(one(calls, ready) for calls in (1, 2, 3)))
        return each, so_far.calls

    assert asyncio.run(action()) == ([1, 2, 3], 6)


def test_a_pool_that_is_handed_the_context_counts_and_one_that_is_not_does_not() -> None:
    tracer = priced_tracer()
    with receipt() as so_far, ThreadPoolExecutor(2) as pool:
        handed = [pool.submit(contextvars.copy_context().run, call, tracer) for _ in range(4)]
        plain = pool.submit(call, tracer)
        for each in (*handed, plain):
            each.result()

    assert so_far.calls == 4


def test_calls_of_other_work_are_not_counted() -> None:
    tracer = priced_tracer()
    with receipt() as mine:
        others = threading.Thread(target=call, args=(tracer,))
        others.start()
        others.join()

    assert mine.calls == 0


def test_a_call_that_ends_after_the_block_counts_then() -> None:
    tracer = priced_tracer()
    with receipt() as so_far:
        span = tracer.start_span("chat")
    assert so_far.calls == 0
    with tracer.start_as_current_span("elsewhere"):
        span.set_attributes(
            {
                "gen_ai.operation.name": "chat",
                "gen_ai.provider.name": "openai",
                "gen_ai.request.model": "gpt-5-mini",
                "gen_ai.usage.input_tokens": 4,
            }
        )
        span.end()

    assert so_far.total_usd == Decimal("0.000001")


def test_many_threads_count_every_call_once() -> None:
    tracer = priced_tracer()
    with receipt() as so_far, ThreadPoolExecutor(8) as pool:
        work = [
            pool.submit(contextvars.copy_context().run, call, tracer, f"chatcmpl-CR1aXb9Z{n:08}")
            for n in range(400)
        ]
        for each in work:
            each.result()

    assert (so_far.calls, so_far.total_usd) == (400, 400 * ONE)


def test_a_call_of_which_more_is_known_takes_the_place_of_what_was_counted_and_no_others() -> None:
    with receipt() as outer, receipt() as inner:
        pass
    known = Call("openai", "gpt-5-mini", "", "chat", Usage(input=4))
    cost = price("openai", "gpt-5-mini", Usage(input=4), at=datetime.now(UTC))
    less = PricedCall(known, Unpriced("unknown_model"), 1)
    inner.add(less)
    inner.replace(less, PricedCall(known, cost, 1))
    inner.replace(PricedCall(known, Unpriced("unknown_model"), 1), PricedCall(known, cost, 1))

    for each in (inner, outer):
        assert (each.calls, each.unpriced, each.total_usd) == (1, 0, Decimal("0.000001"))
