"""An HTTP request -> what it asks: pure. Source: ClickHouse documentation, "HTTP Interface"."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping
from email import message_from_bytes
from typing import NamedTuple
from urllib.parse import parse_qsl

from otel_costing_collector.sql_endpoint.refusals import SqlRefused, bad_request

_PARAMETER = "param_"
_SEPARATE = {
    "query",
    "database",
    "default_format",
    "query_id",
    "user",
    "password",
    "compress",
    "decompress",
    "network_compression_method",
    "network_zstd_compression_level",
    "enable_http_compression",
    "client_protocol_version",
}
_WITHOUT_MEANING = {"session_id", "session_timeout", "session_check", "quota_key", "role"}
"""A session would keep what SET and temporary tables leave behind; there is neither, so each question stands alone."""
_TRUE = frozenset(("1", "true"))
_FORM = "multipart/form-data"
_MOST_FIELDS = 1000
DEFAULT_FORMAT = "TabSeparated"


class Request(NamedTuple):
    """What is asked, and how it is to be answered."""

    text: str
    database: str
    """Empty for the ledger's."""
    default_format: str
    query_id: str
    parameters: Mapping[str, str]
    settings: Mapping[str, str]
    native_compression: str
    """The method of ClickHouse's own frames, empty for none."""
    accept_encoding: str
    """Empty where HTTP compression is not enabled."""
    protocol_version: int


def request_of(query_string: bytes, headers: Mapping[str, str], body: bytes) -> Request:
    """Read a request.

    Args:
        query_string: of its URL.
        headers: by name in lower case.
        body: decompressed.

    Raises:
        SqlRefused: it says something twice, or what is not taken here.
    """
    fields = _fields(query_string)
    form = headers.get("content-type", "")
    text = body
    if form.lower().startswith(_FORM):
        fields = _merged(fields, _of_form(form, body))
        text = b""
    if fields.get("decompress") in _TRUE:
        raise bad_request(
            "bodies in ClickHouse's own compression are not taken; use Content-Encoding"
        )
    enabled = fields.get("enable_http_compression") in _TRUE
    return Request(
        text=_text(fields.get("query", ""), text),
        database=fields.get("database") or headers.get("x-clickhouse-database", ""),
        default_format=fields.get("default_format")
        or headers.get("x-clickhouse-format", DEFAULT_FORMAT),
        query_id=fields.get("query_id", ""),
        parameters={
            name.removeprefix(_PARAMETER): value
            for name, value in fields.items()
            if name.startswith(_PARAMETER)
        },
        settings={name: value for name, value in fields.items() if _is_setting(name)},
        native_compression=_native_compression(fields),
        accept_encoding=headers.get("accept-encoding", "") if enabled else "",
        protocol_version=_number(fields.get("client_protocol_version", "0")),
    )


def authorization_of(query_string: bytes, headers: Mapping[str, str]) -> str | None:
    """Return the `Authorization` header that a request amounts to: a token may come as one, as a password, or a key.

    Raises:
        SqlRefused: what it says of itself cannot be read.
    """
    said = headers.get("authorization", "")
    scheme, _, credentials = said.partition(" ")
    if scheme.lower() == "basic":
        token = _password_in(credentials)
    elif said:
        return said
    else:
        token = headers.get("x-clickhouse-key") or _fields(query_string).get("password", "")
    return f"Bearer {token}" if token else None


def _password_in(credentials: str) -> str:
    try:
        decoded = base64.b64decode(credentials.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise bad_request("the Authorization header cannot be read") from None
    return decoded.partition(":")[2]


def _fields(query_string: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            query_string.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MOST_FIELDS,
        )
    except ValueError:
        raise bad_request("the URL cannot be read") from None
    return _merged({}, pairs)


def _merged(fields: Mapping[str, str], more: Iterable[tuple[str, str]]) -> dict[str, str]:
    merged = dict(fields)
    for name, value in more:
        if name in merged:
            raise bad_request(f"{name} is said twice")
        merged[name] = value
    return merged


def _of_form(kind: str, body: bytes) -> Iterator[tuple[str, str]]:
    head = b"Content-Type: " + kind.encode("latin-1") + b"\r\n\r\n"
    try:
        message = message_from_bytes(head + body)
    except RecursionError:
        raise bad_request("the form is nested too deep") from None
    if not message.is_multipart():
        raise bad_request("the form cannot be read")
    for part in message.walk():
        if part is message:
            continue
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if part.get_filename() is not None or not isinstance(content, bytes):
            raise bad_request("tables of the client's own are not taken")
        if not isinstance(name, str):
            raise bad_request("the form has a field without a name")
        yield name, _decoded(content)


def _text(prefix: str, body: bytes) -> str:
    """Return the question: a server puts what the URL says before what the body says."""
    rest = _decoded(body)
    return f"{prefix}\n{rest}" if prefix and rest else prefix or rest


def _decoded(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise bad_request("the request is not UTF-8") from None


def _is_setting(name: str) -> bool:
    return not (name.startswith(_PARAMETER) or name in _SEPARATE or name in _WITHOUT_MEANING)


def _native_compression(fields: Mapping[str, str]) -> str:
    if fields.get("compress") not in _TRUE:
        return ""
    method = fields.get("network_compression_method", "LZ4").upper()
    if method not in {"LZ4", "ZSTD"}:
        raise SqlRefused(
            48, "NOT_IMPLEMENTED", f"answers are compressed by LZ4 or ZSTD, not {method}"
        )
    return method


def _number(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise bad_request("client_protocol_version is a number")
    return int(text)
