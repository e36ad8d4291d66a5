"""Some days of three teams' work on tickets, as spans, and all that came of them in the ledger.

Support's assistant answers a ticket with code of search and of drafts. Now and then a call fails and is tried again, has no
price or a part of one, or is told of twice; a service forgets who asked; a ticket goes on after midnight, or is lost. What
is booked is corrected afterwards in each way there is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from otel_costing.adjustments import BilledLine, Share, Target, adjustment
from otel_costing.batch import SealedBatch, batch_of
from otel_costing.entry import sealed
from otel_costing.ledger import LedgerEntry, Wanted, restate
from otel_costing.rates import RateBook
from otel_costing.semconv import OUTCOME
from otel_costing.spans import SpanEvent, SpanRecord
from tests.calls import SECOND, batch, hex_id
from tests.rate_books import book_of, instant_ns, table

HOUR = 3600 * SECOND
DAY = 24 * HOUR
MONDAY = instant_ns("2026-11-16")
ACME = table("""\
  swift:
    rates:
      - {from: 2026-01-01, prices: {input: "2", output: "8"}}
      - {from: 2026-11-16, prices: {input: "1", cache_read: "0.3", output: "6"}}
      - {from: 2026-11-23, prices: {input: "0.8", cache_read: "0.2", output: "5"}}
  deep:
    rates:
      - {from: null, prices: {input: "10", cache_read: "1", cache_write_5m: "12.5", output: "40"}}
  sparse:
    rates:
      - {from: null, prices: {input: "3"}}
""")
BEDROCK = table(
    '  swift:\n    rates:\n      - {from: null, prices: {input: "0.7", output: "0.9", request: "0.001"}}\n',
    "aws.bedrock",
)
_USUAL: Mapping[str, Any] = {"scope_version": "1", "failed": False, "kind": "client", "events": ()}


class Ledger(NamedTuple):
    """What was booked."""

    first: SealedBatch
    corrections: SealedBatch
    adjustments: SealedBatch

    @property
    def entries(self) -> list[LedgerEntry]:
        """All of them."""
        return [one for each in self for one in each.entries]

    @property
    def copies(self) -> dict[tuple[str, str], str]:
        """Which call is booked instead of a span's."""
        return {
            (one.trace_id, one.span_id): one.of_call_id
            for one in self.first.findings
            if one.kind in {"duplicate", "wrapper"}
        }


def worked(directory: Path) -> Ledger:
    """Return the ledger of the three teams."""
    book = book_of(directory, ACME, BEDROCK)
    first = _first(book)
    return Ledger(first, _corrected(first.entries), _billed())


def _first(book: RateBook) -> SealedBatch:
    spans = [span for day in (-17, *range(-7, 9)) for span in _of_day(day)]
    spans += [
        span for number in (0, 1) for span in _at_border(MONDAY + number * 7 * DAY, 701 + number)
    ]
    booked = batch_of(spans, book, MONDAY + 10 * DAY)
    entries = [
        sealed(one._replace(provider_account=f"account-{one.attribution.team}"))
        for one in booked.entries
    ]
    in_another_book = [one._replace(rates_digest="e" * 32) for one in booked.rates]
    return booked._replace(entries=tuple(entries), rates=(*booked.rates, *in_another_book))


def _of_day(day: int) -> Iterator[SpanRecord]:
    begins = MONDAY + day * DAY
    for number in range(5):
        yield from _ticket(200 + day * 5 + number, begins + (9 + 2 * number) * HOUR)
    yield from _evaluation(500 + day, begins + 2 * HOUR)
    yield from _nobodys(600 + day, begins + 5 * HOUR)


def _ticket(number: int, at: int) -> Iterator[SpanRecord]:
    said, origin, trace = _of_run(number), _origin(number), hex_id(number, 32)
    told = {"failed": number % 7 == 4, "events": _outcomes(number, at)}
    yield _span(trace, 1, 0, at, "support", said, name="POST /tickets", **told)
    usage = _used(number) if number % 9 != 5 else {}
    call = _call(trace, 2, 1, at + SECOND, "support", "swift", usage, said | origin)
    yield from _told_twice(call, is_so=number % 11 == 7)
    others = {} if number % 3 == 0 else origin
    yield _span(trace, 3, 1, at + 4 * SECOND, "search", {}, name="POST /search")
    model = {6: "unheard-of", 3: "sparse"}.get(number % 12, "swift")
    own = {"otel_costing.workflow": "search", "otel_costing.workflow_run_id": f"search-{number}"}
    yield _call(trace, 4, 3, at + 5 * SECOND, "search", model, _used(number + 7), own | others)
    yield _span(trace, 5, 1, at + 8 * SECOND, "drafts", {}, name="POST /draft")
    yield _call(trace, 6, 5, at + 9 * SECOND, "drafts", "deep", _cached(number), others)
    if number % 4 == 1:
        yield from _tried_again(trace, number, at + 12 * SECOND, said | origin)
    if number % 5 == 3:
        # It goes on behind a queue, after midnight.
        behind = hex_id(number + 1000, 32)
        yield _call(behind, 2, 0, at + 11 * HOUR, "support", "swift", _used(9), said | origin)


def _tried_again(trace: str, number: int, at: int, said: Mapping[str, Any]) -> Iterator[SpanRecord]:
    usage = _used(number + 3) if number % 36 != 13 else {}
    in_part = {"gen_ai.usage.input_tokens": 400} if number % 3 else {}
    failed = _call(trace, 10, 1, at, "support", "swift", in_part, {**said, "error.type": "timeout"})
    yield failed._replace(failed=True)
    attempt = _call(trace, 11, 1, at + 2 * SECOND, "support", "swift", usage, said)
    yield from _told_twice(attempt, is_so=number % 8 == 1)


def _told_twice(call: SpanRecord, *, is_so: bool) -> Iterator[SpanRecord]:
    """Yield a call, and what another instrumentation beneath it says of the same."""
    yield call
    if is_so:
        finer = {**call.attributes, "gen_ai.usage.cache_read.input_tokens": 100}
        yield call._replace(
            name="POST",
            span_id=hex_id(int(call.span_id, 16) + 20),
            parent_span_id=call.span_id,
            attributes=finer,
            scope_name="acme.native",
            start_ns=call.start_ns + 1000,
            end_ns=call.end_ns - 1000,
        )


def _at_border(border: int, number: int) -> Iterator[SpanRecord]:
    """Yield a lost ticket all of whose calls end at one instant."""
    said, trace = _of_run(705) | _origin(number), hex_id(number, 32)
    begins = border - 5 * SECOND
    events = tuple(one._replace(time_ns=border) for one in _outcomes(number, border))
    yield _span(trace, 1, 0, begins, "support", said, name="POST", failed=True, events=events)
    timeout = {**said, "error.type": "timeout"}
    yield _call(trace, 2, 1, begins, "support", "deep", {}, timeout)._replace(failed=True)
    yield _call(trace, 3, 1, border - SECOND, "support", "deep", _cached(number), timeout)
    yield _call(trace, 4, 1, border - SECOND, "support", "unheard-of", _used(number), said)


def _evaluation(number: int, at: int) -> Iterator[SpanRecord]:
    """Yield two traces of one run; their roots are not known."""
    said = {
        "otel_costing.workflow": "nightly-eval",
        "otel_costing.workflow_run_id": f"eval-{number}",
        "otel_costing.purpose": "evaluation",
    }
    for trace, wrong in ((number, {}), (number + 2000, {"error.type": "length"})):
        call = _call(hex_id(trace, 32), 2, 1, at, "drafts", "deep", _used(number), said | wrong)
        yield call._replace(failed=bool(wrong))


def _nobodys(number: int, at: int) -> Iterator[SpanRecord]:
    """Yield a job that says nothing of itself, and what came of another without a known call."""
    trace, said = hex_id(number, 32), {"gen_ai.provider.name": "aws.bedrock"}
    yield _span(trace, 1, 0, at, "search", {}, name="job", failed=number % 3 == 0)
    yield _call(trace, 2, 1, at + SECOND, "search", "swift", _used(number), said)
    came = tuple(
        SpanEvent(at, {"otel_costing.outcome.name": name}, OUTCOME)
        for name in ("order_placed", "ticket_resolved")
    )
    yield _span(hex_id(number + 3000, 32), 1, 0, at, "search", {}, name="job", events=came)


def _of_run(number: int) -> dict[str, Any]:
    return {
        "otel_costing.workflow": "resolve-ticket",
        "otel_costing.workflow_run_id": f"run-{number}",
        "otel_costing.feature": ("answers", "refunds")[number % 2],
        "otel_costing.customer_id": ("globex", "", "initech")[number % 3],
        "otel_costing.user_id": f"user-{number % 4}",
        "otel_costing.purpose": "production",
    }


def _origin(number: int) -> dict[str, Any]:
    return {
        "otel_costing.origin.team": "support",
        "otel_costing.origin.workflow": "resolve-ticket",
        "otel_costing.origin.workflow_run_id": f"run-{number}",
        "otel_costing.origin.feature": ("answers", "refunds")[number % 2],
        "otel_costing.origin.source": "baggage",
    }


def _used(number: int) -> dict[str, Any]:
    return {
        "gen_ai.usage.input_tokens": 1000 + 10 * number,
        "gen_ai.usage.output_tokens": 200 + number,
        "gen_ai.usage.cache_read.input_tokens": number if number % 2 else 0,
        "gen_ai.usage.reasoning.output_tokens": 0 if number % 2 else 60,
    } | ({} if number % 5 else {"gen_ai.usage.cost": f"0.00{number}"})


def _cached(number: int) -> dict[str, Any]:
    return {
        "gen_ai.usage.input_tokens": 5000 + 10 * number,
        "gen_ai.usage.output_tokens": 900 + number,
        "gen_ai.usage.reasoning.output_tokens": 300,
        "gen_ai.usage.cache_read.input_tokens": 3000 if number % 5 else 0,
        "gen_ai.usage.cache_write.input_tokens": 0 if number % 5 else 3000,
        "gen_ai.usage.cost": "0.05",
        "gen_ai.usage.cost.currency": "USD",
    }


def _outcomes(number: int, at: int) -> tuple[SpanEvent, ...]:
    said: dict[str, Any] = {"otel_costing.outcome.name": "ticket_resolved"}
    if number % 3 == 2:
        said["otel_costing.outcome.success"] = False
    elif number % 3:
        said["otel_costing.outcome.quantity"] = 2
    return (SpanEvent(at + 20 * SECOND, said, OUTCOME),) if number % 4 else ()


def _call(
    trace: str, span: int, parent: int, at: int, team: str, model: str,
    usage: Mapping[str, Any], said: Mapping[str, Any],
) -> SpanRecord:  # fmt: skip
    names = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "acme",
        "gen_ai.request.model": model,
    }
    return _span(trace, span, parent, at, team, {**names, **usage, **said}, name=f"chat {model}")


def _span(
    trace: str, span: int, parent: int, at: int, team: str, said: Mapping[str, Any], **fields: Any
) -> SpanRecord:
    release = "2.0" if at < MONDAY + 3 * DAY else "2.1"
    resource = {
        "service.name": f"{team}-service",
        "otel_costing.team": team,
        "otel_costing.release": release,
        "deployment.environment.name": "production" if team != "drafts" else "staging",
    }
    return SpanRecord(
        trace_id=trace,
        span_id=hex_id(span),
        parent_span_id=hex_id(parent) if parent else "",
        start_ns=at,
        end_ns=at + SECOND,
        attributes=dict(said),
        scope_name="acme.instrumentation",
        resource=resource,
        **{**_USUAL, **fields},
    )


def _corrected(entries: tuple[LedgerEntry, ...]) -> SealedBatch:
    """Move some calls to another team, price some again, and take some back."""
    charges = sorted(entries, key=lambda one: (one.occurred_ns, one.call_id))
    wanted = {}
    for number, one in enumerate(charges):
        if number % 10 == 3 and one.status == "priced":
            moved = one._replace(attribution=one.attribution._replace(team="platform"))
            wanted[one.call_id] = Wanted(moved, "attribution")
        elif number % 10 == 6 and one.items:
            (doubled, *rest) = one.items
            amount = 2 * (doubled.amount_usd or Decimal(0))
            items = (doubled._replace(amount_usd=amount), *rest)
            total = sum((item.amount_usd or Decimal(0) for item in items), Decimal(0))
            dearer = one._replace(items=items, total_usd=total, status="priced", status_reason="")
            wanted[one.call_id] = Wanted(dearer, "rate_correction")
        elif number % 20 == 9:
            wanted[one.call_id] = Wanted(None, "duplicate")
    return batch(restate(entries, wanted), name="corrections")


def _billed() -> SealedBatch:
    """An invoice that bills a little more for search."""
    line = BilledLine("d" * 32, "line", "c" * 32, 0, "acme", "account-search", "swift", "input", MONDAY, MONDAY)  # fmt: skip
    target = Target(team="search", origin_team="support", origin_workflow="resolve-ticket")
    share = Share(target, Decimal(1), Decimal(7))
    return batch([adjustment(line, share, Decimal(1))], name="invoice")
