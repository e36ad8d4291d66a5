"""Calls that applications have counted, as Prometheus shows their counters, beside those that the ledger has. Pure.

The counter is `otel_costing.calls`, in the spelling of whoever exports it: dots or underscores, a prefix, `_total` or not. Whose
it is stands in `service.name` on the series itself, or on the `target_info` of its `job` and `instance`, or in its `job`
(`namespace/name`), as the OpenTelemetry specification for Prometheus has it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from otel_costing import semconv

_COUNTER = semconv.METRIC_CALLS.replace(".", "_")
_NAMES = (_COUNTER, f"{_COUNTER}_total")
_TARGET = "target_info"
_SERVICE = "service_name"
_PROVIDER, _MODEL = "gen_ai_provider_name", "gen_ai_request_model"
_MOST_CALLS = 10**15


class Emitter(NamedTuple):
    """Whose calls; None where nobody said."""

    service: str | None
    provider: str | None
    model: str | None
    """As it was asked for."""


class Booked(NamedTuple):
    """What the ledger has of an emitter's calls."""

    calls: int
    copies: int
    """Not charged, as another span tells of the same call."""


class Counted(NamedTuple):
    """Calls of one emitter, counted and booked."""

    service: str | None
    provider: str | None
    model: str | None
    emitted_calls: int | None
    """None where nobody counted."""
    booked_calls: int
    copies: int
    difference_calls: int | None
    """Emitted less booked; None where nobody counted."""


def emitted_calls(text: str) -> dict[Emitter, int]:
    """Return what counters say, summed over their other labels.

    Args:
        text: of Prometheus or OpenMetrics; of many scrapes, one after the other.

    Raises:
        ValueError: it is neither, or has no such counter; one sentence says so.
    """
    samples = list(_samples(text))
    of_targets = _services(labels for name, labels, _ in samples if name == _TARGET)
    found: Counter[Emitter] = Counter()
    for name, labels, value in samples:
        if name.endswith(_NAMES):
            service = labels.get(_SERVICE) or of_targets.get(_target(labels)) or _job(labels)
            emitter = Emitter(service, labels.get(_PROVIDER) or None, labels.get(_MODEL) or None)
            found[emitter] += _calls(value)
    if not found:
        raise ValueError(f"there is no counter {_COUNTER}_total in it")
    return dict(found)


def _samples(text: str) -> Iterable[tuple[str, Mapping[str, str], float]]:
    from prometheus_client.parser import (  # noqa: PLC0415 - an extra
        text_string_to_metric_families,
    )

    try:
        for family in text_string_to_metric_families(text):
            for one in family.samples:
                labels = {_plain(name): value for name, value in one.labels.items()}
                yield _plain(one.name), labels, one.value
    except (ValueError, KeyError, IndexError) as error:
        raise ValueError(f"it is no text of Prometheus ({type(error).__name__})") from None


def _plain(name: str) -> str:
    return name.replace(".", "_")


def _target(labels: Mapping[str, str]) -> tuple[str, str]:
    return labels.get("job", ""), labels.get("instance", "")


def _services(targets: Iterable[Mapping[str, str]]) -> dict[tuple[str, str], str]:
    return {_target(one): one[_SERVICE] for one in targets if one.get(_SERVICE)}


def _job(labels: Mapping[str, str]) -> str | None:
    return labels.get("job", "").rpartition("/")[2] or None


def _calls(value: float) -> int:
    if not 0 <= value < _MOST_CALLS:
        raise ValueError(f"{value} is no number of calls")
    return round(value)


def beside(emitted: Mapping[Emitter, int], booked: Mapping[Emitter, Booked]) -> list[Counted]:
    """Return what was counted beside what is booked, the largest difference first.

    Where some counter does not say whose it is, nothing is told apart by service.
    """
    if any(one.service is None for one in emitted):
        emitted = _summed(emitted.items())
        booked = _booked(booked.items())
    nothing = Booked(0, 0)
    found = (
        _counted(one, emitted.get(one), booked.get(one, nothing)) for one in {*emitted, *booked}
    )
    return sorted(found, key=_by_difference)


def _summed(counts: Iterable[tuple[Emitter, int]]) -> dict[Emitter, int]:
    sums: Counter[Emitter] = Counter()
    for one, calls in counts:
        sums[one._replace(service=None)] += calls
    return dict(sums)


def _booked(counts: Iterable[tuple[Emitter, Booked]]) -> dict[Emitter, Booked]:
    known = list(counts)
    calls = _summed((one, some.calls) for one, some in known)
    copies = _summed((one, some.copies) for one, some in known)
    return {one: Booked(calls[one], copies[one]) for one in calls}


def _counted(one: Emitter, emitted: int | None, booked: Booked) -> Counted:
    difference = None if emitted is None else emitted - booked.calls
    return Counted(*one, emitted, booked.calls, booked.copies, difference)


def _by_difference(one: Counted) -> tuple[bool, int, int, tuple[str, ...]]:
    names = tuple(name or "" for name in (one.service, one.provider, one.model))
    return (
        one.difference_calls is None,
        -abs(one.difference_calls or 0),
        -one.booked_calls,
        names,
    )
