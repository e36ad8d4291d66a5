"""The story of a call in words for people, a line or a few at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from rich.padding import Padding
from rich.text import Text

from otel_costing.cli.output import printable

Call = Mapping[str, Any]
_SHOWN_DIGITS = 16


def paragraphs(call: Call) -> Iterator[Text | Padding]:
    """Yield what `provenance.story` tells, under a heading for each of its parts."""
    yield _title(call)
    if "said" in call:
        yield from _under("span", _span(call))
        yield from _under("price", _price(call))
        yield from _under("who", _who(call))
    yield from _under("entries", _entries(call))
    yield from _under("told by others", _copies(call))
    yield from _under("found", _findings(call))
    yield from _under("evaluated", _evaluations(call))


def _under(heading: str, lines: Iterator[str]) -> Iterator[Text | Padding]:
    for number, line in enumerate(lines):
        if not number:
            yield Text(heading, style="bold")
        text = line.lstrip()
        yield Padding(Text(printable(text)), (0, 0, 0, 2 + len(line) - len(text)), expand=False)


def _title(call: Call) -> Text:
    title = Text("call ", style="bold") + Text(call["call_id"], style="bold")
    if call["charged"]:
        return title + Text(f": {_outcome(call)}")
    if call.get("charged_as"):
        return title + Text(f":\n  not charged, as call {call['charged_as']} is charged for it")
    return title + Text(": not charged")


def _outcome(call: Call) -> str:
    if call["total_usd"] is None:
        return f"unpriced, {call['status_reason']}"
    partial = f" ({call['status_reason']})" if call["status"] == "partial" else ""
    return f"{call['total_usd']:f} USD{partial}"


def _span(call: Call) -> Iterator[str]:
    said = call["said"]
    yield f"{call['trace_id']}/{call['span_id']}"
    yield f"ended {call['occurred_at']}, received {call['received_at']}"
    if call["response_id"]:
        yield f"response {call['response_id']}"
    parts = (said["provider"], said["operation"], said["service_tier"], said["region"])
    yield ", ".join(one for one in parts if one)
    yield f"model {said['model']}, asked for {said['request_model']}" + (
        f", answered {said['response_model']}" if said["response_model"] else ""
    )
    yield f"told by {said['scope'] or 'no scope'} of {said['service'] or 'no service'}"
    yield f"read as {said['dialect'] or 'nothing'}: {said['input']};"
    yield f"  {said['output']}"
    if call["sender"] or call["authenticated_team"]:
        team = f", bound to team {call['authenticated_team']}" if call["authenticated_team"] else ""
        yield f"sent by {call['sender'] or 'nobody known'}{team}"


def _price(call: Call) -> Iterator[str]:
    for line in call["lines"]:
        yield f"{line['meter']}: {line['arithmetic']}"
        if line["list_unit_price_usd"] not in (None, line["unit_price_usd"]):
            yield f"  the list says {line['list_unit_price_usd']}"
        if line["read_from"]:
            yield f"  from {_first_names(line['read_from'])}"
    rate = call["rate"]
    if rate is not None:
        yield from _rate(rate)
    for one in call["assumptions"]:
        yield f"{one['assumption']}: {one['meaning']}"
    if call["reported"] is not None:
        yield _reported(call["reported"])


def _first_names(names: list[str]) -> str:
    more = f", or one of {len(names) - 1} other names" if len(names) > 1 else ""
    return f"{names[0]}{more}"


def _rate(rate: Mapping[str, Any]) -> Iterator[str]:
    yield f"rate {rate['rate_id']}"
    if not rate["on_record"]:
        yield "  which is not on record"
    else:
        yield f"  holds from {rate['from'] or 'a start that nobody published'} until {rate['until'] or 'further notice'}"
        checked = f", checked {rate['checked']}" if rate["checked"] else ""
        yield f"  {rate['source']}{checked}"
    for contract in rate["contracts"]:
        yield f"  contract {contract['name']}: {contract['terms']}, {contract['source']}"
    for exchange in rate["exchanges"]:
        yield f"  1 {exchange['currency']} = {exchange['usd']:f} USD, {exchange['source']}"
    yield f"  of book {'+'.join(part[:_SHOWN_DIGITS] for part in rate['rates_digest'].split('+'))}"


def _reported(reported: Mapping[str, Any]) -> str:
    said = f"{reported['reported_by']} reported {reported['reported_usd']:f} USD"
    difference: Decimal | None = reported["difference_usd"]
    if difference is None:
        return said
    verdict = "which agrees" if reported["agrees"] else f"ours differs by {difference:+f}"
    return f"{said}; {verdict}"


def _who(call: Call) -> Iterator[str]:
    said = [f"{name} {value}" for name, value in call["attribution"].items() if value]
    yield from said or ["unattributed"]
    origin = call["origin"]
    known = [f"{name} {origin[name]}" for name in ("team", "workflow", "feature") if origin[name]]
    if known:
        proof = "verified" if origin["verified"] else "not verified"
        yield f"caused by {', '.join(known)} (from {origin['source']}, {proof})"


def _entries(call: Call) -> Iterator[str]:
    for one in call["entries"]:
        amount = "unpriced" if one["total_usd"] is None else f"{one['total_usd']:f} USD"
        yield f"{one['kind']} {one['revision']} ({one['cause']}): {amount}, {one['billing_period']}"
        yield f"  booked {one['booked_at']} by batch {one['batch_id'][:_SHOWN_DIGITS]}"


def _copies(call: Call) -> Iterator[str]:
    for one in call["copies"]:
        amount = "" if one["total_usd"] is None else f", {one['total_usd']:f} USD by it"
        yield f"{one['why']}: {one['scope'] or 'no scope'}{amount}, not charged"
        yield f"  {one['trace_id']}/{one['span_id']}"


def _findings(call: Call) -> Iterator[str]:
    for one in call["findings"]:
        said = ", ".join(f"{name} {value}" for name, value in one["detail"].items())
        yield f"{one['kind']} ({one['found_at']}): {said}"


def _evaluations(call: Call) -> Iterator[str]:
    for one in call["evaluations"]:
        parts = (one["score_value"], one["score_label"])
        score = " ".join(str(part) for part in parts if part not in (None, ""))
        yield f"{one['name']}: {score or 'no score'}, by {one['evaluator_service'] or 'nobody known'}"
