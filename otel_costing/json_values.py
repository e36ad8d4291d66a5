"""The values of OTLP in JSON, whatever they are the values of. Any JSON value may stand anywhere; none may do harm."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from otel_costing.decoded import DEEPEST_VALUE, Scope, Undecodable
from otel_costing.spans import Attributes

_LARGEST_TIME_NS = 2**64 - 1
_NO_ATTRIBUTES: Attributes = {}


class Shape(NamedTuple):
    """What the three levels of a request are called, in camelCase and in snake_case."""

    resources: tuple[str, str]
    scopes: tuple[str, str]
    items: tuple[str, str]


def json_of(body: bytes | str) -> Any:
    """Read JSON.

    Raises:
        Undecodable: this is none.
    """
    try:
        return json.loads(body)
    except RecursionError:
        raise Undecodable("the JSON nests too deeply") from None
    except ValueError as error:
        raise Undecodable(f"the JSON is broken: {str(error).splitlines()[0][:200]}") from None


def each_in(request: Mapping[str, Any], shape: Shape) -> Iterator[tuple[Mapping[str, Any], Scope]]:
    """Yield what the scopes of a request hold.

    Raises:
        Undecodable: one of the levels is no list of objects.
    """
    for resource_items in objects_in(either(request, *shape.resources), shape.resources[0]):
        resource = attributes_in(object_in(resource_items.get("resource")).get("attributes"))
        for scope_items in objects_in(either(resource_items, *shape.scopes), shape.scopes[0]):
            about = object_in(scope_items.get("scope"))
            scope = Scope(resource, text_in(about.get("name")), text_in(about.get("version")))
            for item in objects_in(either(scope_items, *shape.items), shape.items[0]):
                yield item, scope


def attributes_in(pairs: Any) -> Attributes:
    """Return attributes by key; what has no value, or one of an unknown kind, is left out."""
    if not pairs:
        return _NO_ATTRIBUTES
    attributes = {}
    for pair in objects_in(pairs, "attributes"):
        value = _json_value(pair.get("value"), DEEPEST_VALUE)
        if value is not None:
            attributes[text_in(pair.get("key"))] = value
    return attributes


def _json_value(value: Any, depth: int) -> Any:
    if not isinstance(value, dict):
        return None
    for name, held in value.items():
        read = _JSON_VALUES.get(name)
        if read is not None:
            return read(held)
        if depth and name in {"arrayValue", "array_value"}:
            return tuple(_json_value(one, depth - 1) for one in _listed(held))
        if depth and name in {"kvlistValue", "kvlist_value"}:
            pairs = [one for one in _listed(held) if isinstance(one, dict)]
            return {
                text_in(one.get("key")): _json_value(one.get("value"), depth - 1) for one in pairs
            }
    return None


def _listed(held: Any) -> list[Any]:
    values = held.get("values") if isinstance(held, dict) else None
    return values if isinstance(values, list) else []


def _integer(held: Any) -> Any:
    """Read a 64-bit integer written as number or text; anything else stays for pricing to refuse."""
    if isinstance(held, str) and len(held) <= 20:
        try:
            return int(held)
        except ValueError:
            return held
    return held if held is None or isinstance(held, int | float) else _odd(held)


def _double(held: Any) -> Any:
    """Read a double written as number or text; anything else stays for pricing to refuse."""
    return held if held is None or isinstance(held, int | float) else _odd(held)


def _odd(held: Any) -> str:
    """Return what is no number as text: a count that was dropped would look like one that was not sent."""
    return text_in(held) if isinstance(held, str) else f"a {type(held).__name__}"


_JSON_VALUES: Mapping[str, Callable[[Any], Any]] = {
    "stringValue": lambda held: text_in(held) if isinstance(held, str) else None,
    "string_value": lambda held: text_in(held) if isinstance(held, str) else None,
    "intValue": _integer,
    "int_value": _integer,
    "doubleValue": _double,
    "double_value": _double,
    "boolValue": lambda held: held if isinstance(held, bool) else None,
    "bool_value": lambda held: held if isinstance(held, bool) else None,
}


def either(fields: Mapping[str, Any], camel: str, snake: str) -> Any:
    """Return a field by the one or the other name."""
    found = fields.get(camel)
    return fields.get(snake) if found is None else found


def object_in(value: Any) -> Mapping[str, Any]:
    """Return an object, an empty one for anything else."""
    return value if isinstance(value, dict) else _NO_ATTRIBUTES


def objects_in(value: Any, name: str) -> list[Mapping[str, Any]]:
    """Return a list of objects.

    Raises:
        Undecodable: it is something else.
    """
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise Undecodable(f"`{name}` must be a list of objects")
    return value


def text_in(value: Any) -> str:
    """Return text that can be written as UTF-8: JSON can spell half a character."""
    if not isinstance(value, str):
        return ""
    return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")


def id_in(value: Any, digits: int) -> str:
    """Return an id in lowercase hex, from hex or from base64."""
    if not isinstance(value, str):
        return ""
    if len(value) == digits:
        return value.lower()
    try:
        return base64.b64decode(value, validate=True).hex()
    except (binascii.Error, ValueError):
        return value


def time_in(value: Any) -> int:
    """Return nanoseconds since 1970, written as number or text.

    Raises:
        Undecodable: it is something else.
    """
    nanoseconds = _integer(value)
    if type(nanoseconds) is not int or not 0 <= nanoseconds <= _LARGEST_TIME_NS:
        raise Undecodable("times must be whole nanoseconds since 1970 in 64 bits")
    return nanoseconds
