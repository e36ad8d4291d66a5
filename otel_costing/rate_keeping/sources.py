"""Other catalogues, from where they are: the installed genai-prices package, or a file of JSON."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import date, time
from importlib.metadata import version
from typing import Any

from otel_costing.rate_keeping.catalogue import Catalogue, catalogue_of

_NOT_PRICES = {"extractors"}


def installed_catalogue() -> Catalogue:
    """Return the installed genai-prices catalogue, never a downloaded one.

    Raises:
        ImportError: the package is not installed; it is the extra `refresh`.
    """
    from genai_prices.data import providers  # noqa: PLC0415 - at refresh time only

    return catalogue_of(map(_plain, providers), f"genai-prices {version('genai-prices')}")


def _plain(value: Any) -> Any:
    """The catalogue's objects as the JSON it publishes."""
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if is_dataclass(value):
        named = ((each.name.rstrip("_"), getattr(value, each.name)) for each in fields(value))
    elif type(value).__name__ == "ModelPrice":
        named = iter(vars(value).items())
    else:
        return value
    return {
        name: _plain(each) for name, each in named if each is not None and name not in _NOT_PRICES
    }
