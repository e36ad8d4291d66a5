"""What the texts of a span say of its call: who answered, with which model, on which terms.

They are the same on all calls of one place in a program, so what they mean is worked out once and remembered.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from otel_costing.dialects import (
    OPERATIONS,
    Dialect,
    Layout,
    Places,
    dialect_of,
    first_of,
    provider_of,
)
from otel_costing.spans import Attributes

_TEXT_LIMIT = 256
_MOST_REMEMBERED = 4096


class Identity(NamedTuple):
    """All of a call that texts alone decide."""

    dialect: Dialect
    operation: str
    """Canonical; `none` where the span is no call of its own; empty where nobody knows the operation."""
    said: str
    """The operation as said."""
    provider: str
    model: str
    request_model: str
    tier: str
    assumptions: tuple[str, ...]


_remembered: dict[tuple[object, tuple[str, ...], str], Identity] = {}


def identity_on(attributes: Attributes, layout: Layout, scope_name: str) -> Identity:
    """Return what the attributes of a span say, documents left aside."""
    texts = layout.texts_of(attributes)
    key = layout.texts_of, texts, scope_name
    try:
        return _remembered[key]
    except KeyError:
        identity = _identity(layout.texts, texts, scope_name)
        if all(type(text) is str and len(text) <= _TEXT_LIMIT for text in (*texts, scope_name)):
            _remember(key, identity)
        return identity
    except TypeError:  # no hash: a span that was read from a file may hold lists
        return _identity(layout.texts, texts, scope_name)


def _remember(key: tuple[object, tuple[str, ...], str], identity: Identity) -> None:
    if len(_remembered) >= _MOST_REMEMBERED:
        _remembered.clear()
    _remembered[key] = identity


def _identity(places: Places, texts: tuple[Any, ...], scope_name: str) -> Identity:
    by_name = dict(zip((name for _, name in places), texts, strict=True))
    return identity_of(first_of(places, by_name), dialect_of(scope_name))


def identity_of(found: Mapping[str, Any], dialect: Dialect) -> Identity:
    """Return what the fields found on a span say."""
    said = text_of(found.get("operation"))
    request_model = text_of(found.get("request_model"))
    model = text_of(found.get("response_model")) or request_model
    tier, assumed_tier = _tier(text_of(found.get("tier")) or text_of(found.get("request_tier")))
    return Identity(
        dialect,
        OPERATIONS.get(said, ""),
        said,
        provider_of(text_of(found.get("provider")), text_of(found.get("host")), model),
        model,
        request_model,
        tier,
        ("assumed_tier",) if assumed_tier else (),
    )


def text_of(value: object) -> str:
    """Return a text, cut where it is longer than names are; empty for anything else."""
    return value[:_TEXT_LIMIT] if isinstance(value, str) else ""


def _tier(said: str) -> tuple[str, bool]:
    """Return the service tier as said, and whether `auto` left it to the provider and the answer does not say."""
    if not said:
        return "standard", False
    return ("standard", True) if said.lower() == "auto" else (said.lower(), False)
