"""Rate tables -> the YAML a person would have written: sorted, one rate a line where it fits.

What was read by `rate_book.files` is written back as it stood, save for comments inside the table.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from otel_costing.meters import METERS
from otel_costing.rate_book.files import Band, ModelEntry, Prices, RateEntry, Table, Window
from otel_costing.rate_book.hours import DAYS

_WIDEST = 118
_DAY_NS = 86_400 * 10**9
_METER_ORDER = {meter: place for place, meter in enumerate(METERS)}
# Texts that YAML reads as themselves without quotes, in a list or mapping of one line.
_PLAIN = re.compile(r"[A-Za-z][\w./+-]*|[0-9][\w./+-]*[A-Za-z_/][\w./+-]*")
_NOT_TEXT = re.compile(
    r"(?i)y|n|yes|no|on|off|true|false|null|[0-9][0-9_]*(\.[0-9_]*)?e[+-]?[0-9]+|0x[0-9a-f]+"
)
_SENTENCE = re.compile(r"[A-Za-z][^\n#]*")


def write_table(table: Table, head: str = "") -> str:
    """Return the text of a table's file; `head` is what stands above its first key."""
    lines = [
        f"provider: {table.provider}",
        f"source: {_sentence(table.source)}",
        *([f"via: {_sentence(table.via)}"] if table.via else []),
        f"checked: {table.checked}",
        *([f"note: {_sentence(table.note)}"] if table.note else []),
        "models:",
    ]
    for model in sorted(table.models, key=lambda model: model.id):
        lines.extend(_model(model, table))
    return head + "\n".join(lines) + "\n"


def head_of(text: str) -> str:
    """Return the comments above the first key of a file."""
    lines = text.splitlines(keepends=True)
    first = next((at for at, line in enumerate(lines) if re.match(r"[a-z]", line)), len(lines))
    return "".join(lines[:first])


def _model(model: ModelEntry, table: Table) -> Iterator[str]:
    yield f"  {_scalar(model.id)}:"
    yield from _texts("aliases", model.aliases)
    yield from _texts("assumptions", model.assumptions)
    own_source = model.source if model.source != table.source else ""
    own_checked = model.checked if model.checked != table.checked else ""
    for key, text in (
        ("source", own_source),
        ("checked", own_checked),
        ("by_hand", model.by_hand),
        ("correction", model.correction),
        ("note", model.note),
    ):
        if text:
            yield f"    {key}: {text if key == 'checked' else _sentence(text)}"
    yield "    rates:"
    for rate in model.rates:
        yield from _rate(rate)


def _texts(key: str, texts: Sequence[str]) -> Iterator[str]:
    if not texts:
        return
    line = f"    {key}: [{', '.join(map(_scalar, texts))}]"
    if len(line) <= _WIDEST:
        yield line
    else:
        yield f"    {key}:"
        yield from (f"      - {_scalar(text)}" for text in texts)


def _rate(rate: RateEntry) -> Iterator[str]:
    fields = list(_rate_fields(rate))
    line = "      - {" + ", ".join(f"{key}: {value}" for key, value in fields) + "}"
    has_text = rate.correction or rate.note
    if not (has_text or len(rate.bands) > 1 or rate.windows) and len(line) <= _WIDEST:
        yield line
        return
    written = [f"{key}: {value}" for key, value in fields]
    yield f"      - {written[0]}"
    yield from (f"        {each}" for each in written[1:])
    yield from _context(rate.bands, "        ")
    if rate.windows:
        yield "        hours:"
        for window in rate.windows:
            yield from _window(window)


def _rate_fields(rate: RateEntry) -> Iterator[tuple[str, str]]:
    if rate.tier != "standard":
        yield "tier", rate.tier
    if rate.regions:
        one = _scalar(rate.regions[0])
        several = f"[{', '.join(map(_scalar, rate.regions))}]"
        yield "region", one if len(rate.regions) == 1 else several
    yield "from", _instant(rate.starts_ns)
    if rate.ends_ns is not None:
        yield "until", _instant(rate.ends_ns)
    if rate.clock != "end":
        yield "clock", rate.clock
    for key, text in (
        ("effective", rate.effective),
        ("correction", rate.correction),
        ("note", rate.note),
    ):
        if text:
            yield key, _sentence(text)
    yield "prices", _prices(rate.bands[0].prices)


def _context(bands: Sequence[Band], indent: str) -> Iterator[str]:
    if len(bands) > 1:
        yield f"{indent}context:"
    for band in bands[1:]:
        marginal = "marginal: true, " if band.marginal else ""
        yield f"{indent}  - {{{_bound(band.floor)}, {marginal}prices: {_prices(band.prices)}}}"


def _bound(floor: int) -> str:
    """Write the round number: a floor of 272001 is `over: 272000`, one of 200000 `from: 200000`."""
    above = floor - 1
    is_round = above % 1000 == 0 or above % 1024 == 0
    return f"over: {above}" if is_round else f"from: {floor}"


def _window(window: Window) -> Iterator[str]:
    hours, bands = window
    named = [DAYS[day] for day in hours.days] if len(hours.days) < len(DAYS) else []
    fields = [
        f'between: "{_clock(hours.start_s)}-{_clock(hours.end_s)}"',
        *([f"days: [{', '.join(named)}]"] if named else []),
        f"prices: {_prices(bands[0].prices)}",
    ]
    line = f"          - {{{', '.join(fields)}}}"
    if len(bands) == 1 and len(line) <= _WIDEST:
        yield line
        return
    yield f"          - {fields[0]}"
    yield from (f"            {each}" for each in fields[1:])
    yield from _context(bands, "            ")


def _prices(prices: Prices) -> str:
    ordered = sorted(prices, key=lambda meter: _METER_ORDER[meter])
    return "{" + ", ".join(_priced(meter, prices) for meter in ordered) + "}"


def _priced(meter: str, prices: Prices) -> str:
    usd, per = prices[meter]
    written = f'"{usd:f}"'
    return f"{meter}: {written if per == METERS[meter].per else f'{{usd: {written}, per: {per}}}'}"


def _clock(second: int) -> str:
    return f"{second // 3600:02}:{second // 60 % 60:02}"


def _instant(instant_ns: int | None) -> str:
    if instant_ns is None:
        return "null"
    moment = datetime.fromtimestamp(instant_ns // 10**9, UTC)
    if instant_ns % _DAY_NS == 0:
        return moment.date().isoformat()
    return f'"{moment.isoformat().replace("+00:00", "Z")}"'


def _scalar(text: str) -> str:
    is_plain = _PLAIN.fullmatch(text) and not _NOT_TEXT.fullmatch(text)
    return text if is_plain else json.dumps(text, ensure_ascii=False)


def _sentence(text: str) -> str:
    is_plain = _SENTENCE.fullmatch(text) and ": " not in text and not text.endswith((":", " "))
    return (
        text if is_plain and not _NOT_TEXT.fullmatch(text) else json.dumps(text, ensure_ascii=False)
    )
