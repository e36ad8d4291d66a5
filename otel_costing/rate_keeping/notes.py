"""What a refresh changed -> its release notes: what, from when, how much."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from otel_costing.rate_book.files import RateEntry
from otel_costing.rate_keeping.comparison import Difference, differences
from otel_costing.rate_keeping.refresh import Change

_TITLES = {
    "price": "Prices that changed",
    "withdrawn": "Announced prices that were withdrawn",
    "condition": "New tiers and regions",
    "provider": "New providers",
    "model": "New models",
    "name": "New names",
    "kept": "Kept by hand, where the catalogue disagrees",
    "split": "Names that are models of their own there, for a person to decide",
}
_COUNTED = {
    "price": "price change",
    "withdrawn": "withdrawal",
    "condition": "new condition",
    "provider": "new provider",
    "model": "new model",
    "name": "new name",
}


def release_notes(changes: Sequence[Change], via: str, day: str) -> str:
    """Return the notes as Markdown; of a refresh that changed nothing, one sentence."""
    lines = [f"# Rates refreshed {day} from {via}", "", _summary(changes)]
    new = {change.provider for change in changes if change.kind == "provider"}
    for kind, title in _TITLES.items():
        of_kind = [each for each in changes if each.kind == kind]
        told = [each for each in of_kind if kind != "model" or each.provider not in new]
        if told:
            lines += ["", f"## {title}", "", *(f"- {_line(each, changes)}" for each in told)]
    return "\n".join(lines) + "\n"


def _summary(changes: Iterable[Change]) -> str:
    counted = Counter(change.kind for change in changes)
    parts = [
        f"{counted[kind]} {name}{'s' if counted[kind] > 1 else ''}"
        for kind, name in _COUNTED.items()
        if counted[kind]
    ]
    done = f"{', '.join(parts)}." if parts else "No price changed."
    left = counted["kept"] + counted["split"]
    return f"{done} {left} left to a person." if left else done


def _line(change: Change, changes: Iterable[Change]) -> str:
    name = f"{change.provider}/{change.model}"
    if change.kind == "provider":
        count = sum(each.kind == "model" and each.provider == change.provider for each in changes)
        return f"{change.provider}: {count} models"
    if change.kind == "name":
        return f"{name}: {change.what}"
    kept = change.kind in {"kept", "split"}
    rate = (change.before if kept else change.after) or change.before or change.after
    if rate is None:
        return name
    told = "; ".join(_told(change))
    why = f" ({change.what})" if kept else ""
    return f"{name}{_conditions(rate)}, {_since(rate)}: {told}{why}"


def _told(change: Change) -> Iterator[str]:
    if change.before is None and change.after is not None:
        prices = change.after.bands[0].prices
        yield ", ".join(f"{meter} {price.usd:f}" for meter, price in prices.items())
    elif change.before is not None and change.after is not None:
        found = differences(change.before, change.after)
        yield from (
            (_difference(each) for each in found)
            if found
            else ["hours of the day or marginal bands differ"]
        )
    else:
        yield "the rate before it stays"


def _difference(each: Difference) -> str:
    band = f" from {each.floor:,} tokens" if each.floor else ""
    before = "none" if each.before is None else f"{each.before:f}"
    after = "none" if each.after is None else f"{each.after:f}"
    return f"{each.meter}{band} {before} to {after}{_percent(each.before, each.after)}"


def _percent(before: Decimal | None, after: Decimal | None) -> str:
    if before is None or after is None or not before:
        return ""
    change = (after - before) / before * 100
    return f" ({change.quantize(Decimal('0.1')):+f} %)"


def _conditions(rate: RateEntry) -> str:
    special = [] if rate.tier == "standard" else [rate.tier]
    special += rate.regions
    return f" [{', '.join(special)}]" if special else ""


def _since(rate: RateEntry) -> str:
    if rate.starts_ns is None:
        return "start unknown"
    day = datetime.fromtimestamp(rate.starts_ns // 10**9, UTC).date().isoformat()
    return f"found {day}, in effect since an unknown day" if rate.effective else f"from {day}"
