"""What of an attribution travels between services as W3C baggage, and what of it is believed on arrival.

Outbound is the origin: who stands at the root of the work. Inbound is a claim by whoever sent the request: ignored
unless this process trusts its callers, and then only keys of this list, of limited length and characters.
Sources: W3C Baggage (limits), OpenTelemetry baggage API.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
from collections.abc import Mapping

from opentelemetry import baggage
from opentelemetry.context import Context

from otel_costing import semconv
from otel_costing.attribution import HASHED, LONGEST_VALUE

TRUST_VARIABLE = "OTEL_COSTING_TRUST_BAGGAGE"
HASH_KEY_VARIABLE = "OTEL_COSTING_HASH_KEY"
KEYS: Mapping[str, str] = {
    "team": semconv.TEAM,
    "project": semconv.PROJECT,
    "workflow": semconv.WORKFLOW,
    "workflow_run_id": semconv.WORKFLOW_RUN_ID,
    "feature": semconv.FEATURE,
    "purpose": semconv.PURPOSE,
    "user_id": semconv.USER_ID,
    "session_id": semconv.SESSION_ID,
    "customer_id": semconv.CUSTOMER_ID,
}
"""By field; nothing else is ever read or written."""
_BELIEVABLE = re.compile(r"[A-Za-z0-9 ._:/@-]+")
_TRUE = frozenset(("1", "true", "yes", "on"))


class _Trust:
    """Whether this process believes its callers: one answer, as `attribute_to` and every processor need it."""

    given: bool | None = None


def trust_inbound(*, trusted: bool) -> None:
    """Say whether this process believes inbound baggage; stands over the environment."""
    _Trust.given = trusted


def trusts_inbound() -> bool:
    """Tell whether this process believes inbound baggage. The environment is asked once: this is at every span."""
    if _Trust.given is None:
        _Trust.given = os.environ.get(TRUST_VARIABLE, "").strip().lower() in _TRUE
    return _Trust.given


def claimed(context: Context) -> dict[str, str]:
    """Return what inbound baggage says of the origin, by field; what is not believable is left out."""
    entries = baggage.get_all(context)
    said = {field: _believable(entries[key]) for field, key in KEYS.items() if key in entries}
    return {field: value for field, value in said.items() if value}


def _believable(value: object) -> str:
    if not isinstance(value, str):
        return ""
    return value if len(value) <= LONGEST_VALUE and _BELIEVABLE.fullmatch(value) else ""


def with_claims(context: Context, claims: Mapping[str, str]) -> Context:
    """Return `context` whose baggage says exactly `claims` of our keys, by field. Others' keys stay.

    A value that the next service would not believe is not sent.
    """
    entries = baggage.get_all(context)
    for field, key in KEYS.items():
        value = _believable(claims.get(field, ""))
        if value:
            context = baggage.set_baggage(key, value, context)
        elif key in entries:
            context = baggage.remove_baggage(key, context)
    return context


def pseudonym(field: str, value: str, key: str | None) -> str:
    """Return the keyed hash by which a personal identifier travels: `h:` and 128 bits in hex.

    Args:
        field: what it identifies; the same text in two fields has two pseudonyms.
        value: the identifier.
        key: the secret, else that of OTEL_COSTING_HASH_KEY.

    Raises:
        ValueError: there is no key; without one, anybody could try identifiers until one fits.
    """
    secret = key or os.environ.get(HASH_KEY_VARIABLE, "")
    if not secret:
        raise ValueError(
            f"sharing {field} with other services needs a secret: hash_key=... or {HASH_KEY_VARIABLE}"
        )
    mac = hmac.new(secret.encode(), f"{field}\0{value}".encode(), hashlib.sha256)
    return f"{HASHED}{mac.hexdigest()[:32]}"
