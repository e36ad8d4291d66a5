"""What the texts of a span say of its call: who answered, with which model, on which terms.

They are the same on all calls of one place in a program, so what they mean is worked out once and remembered.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Any, NamedTuple

from otel_costing.dialects import (
    HOSTS,
    MODELS,
    NOT_PROVIDERS,
    OPERATIONS,
    Dialect,
    Layout,
    Places,
    dialect_of,
    first_of,
)
from otel_costing.spans import Attributes

_TEXT_LIMIT = 256
_MOST_REMEMBERED = 4096


class Identity(NamedTuple):
    """All of a call that texts alone decide."""

    dialect: Dialect
    operation: str
    """Canonical; `none` or `aggregate` where the span is no call of its own; empty where nobody knows the operation."""
    said: str
    """The operation as said."""
    provider: str
    model: str
    request_model: str
    tier: str
    assumptions: tuple[str, ...]


_Key = tuple[object, tuple[str, ...], str, str]
_remembered: dict[_Key, Identity] = {}


def identity_on(
    attributes: Attributes, layout: Layout, scope_name: str, scope_version: str = ""
) -> Identity:
    """Return what the attributes of a span say, documents left aside."""
    texts = layout.texts_of(attributes)
    key = layout.texts_of, texts, scope_name, scope_version
    try:
        return _remembered[key]
    except KeyError:
        identity = _identity(layout.texts, texts, dialect_of(scope_name, scope_version))
        if all(type(text) is str and len(text) <= _TEXT_LIMIT for text in (*texts, *key[2:])):
            _remember(key, identity)
        return identity
    except TypeError:  # no hash: a span that was read from a file may hold lists
        return _identity(layout.texts, texts, dialect_of(scope_name, scope_version))


def _remember(key: _Key, identity: Identity) -> None:
    if len(_remembered) >= _MOST_REMEMBERED:
        _remembered.clear()
    _remembered[key] = identity


def _identity(places: Places, texts: tuple[Any, ...], dialect: Dialect) -> Identity:
    by_name = dict(zip((name for _, name in places), texts, strict=True))
    return identity_of(first_of(places, by_name), dialect)


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
    """Return a text, cut where it is longer than names are and fit for UTF-8; empty for anything else."""
    if not isinstance(value, str):
        return ""
    text = value[:_TEXT_LIMIT]
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def id_of(value: object) -> str:
    """Return an id as `text_of` does, but a digest that says it is one where the text would be cut.

    Two ids that begin alike would be one otherwise, and two calls with them.
    """
    if isinstance(value, str) and len(value) > _TEXT_LIMIT:
        return f"sha256:{sha256(value.encode('utf-8', 'surrogatepass')).hexdigest()}"
    return text_of(value)


@lru_cache(maxsize=4096)
def provider_of(said: str, host: str, model: str) -> str:
    """Return who answered: by host, else as said, else by the model's name; empty where nothing tells.

    The names are those of the wire; the rate book knows which are the same provider.
    """
    bare_host = _AROUND_HOST.sub("", host.lower())
    by_host = next((provider for pattern, provider in HOSTS if pattern.fullmatch(bare_host)), "")
    if by_host:
        return by_host
    if said and said.lower() not in NOT_PROVIDERS:
        return said.lower()
    return next((provider for pattern, provider in MODELS if pattern.match(model)), "")


_AROUND_HOST = re.compile(r"^[a-z]+://|\.?(?::\d+)?(?:/.*)?$", re.DOTALL)


def _tier(said: str) -> tuple[str, bool]:
    """Return the service tier as said, and whether `auto` left it to the provider and the answer does not say."""
    if not said:
        return "standard", False
    return ("standard", True) if said.lower() == "auto" else (said.lower(), False)
