"""A configuration file, the environment and the command line -> a configuration, or everything that is wrong.

What stands later wins: the defaults, the file, the environment, the command line.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

from otel_costing.kept_spans import KeptSpans
from otel_costing.mandatory_tags import TagPolicy
from otel_costing.problems import Problem
from otel_costing.rate_book.located_yaml import Mapped, Scalar, Value, read_yaml
from otel_costing.rate_book.yaml_fields import Fields
from otel_costing.rates import RateBook
from otel_costing_collector.addresses import Address, address_of
from otel_costing_collector.certificates import certificate_problems
from otel_costing_collector.config import Config
from otel_costing_collector.forwarding.endpoint import endpoint_of
from otel_costing_collector.forwarding.route import COMPRESSIONS, route_problems
from otel_costing_collector.pricing_books import load_book
from otel_costing_collector.sealed_in import SealedIn
from otel_costing_collector.tag_policy import tag_policy_in
from otel_costing_collector.tokens import Tokens, tokens_from

VARIABLE_PREFIX = "OTEL_COSTING_COLLECTOR_"
_SIZE = re.compile(r"([1-9][0-9]{0,15})\s*(KiB|MiB|GiB|TiB)?")
_UNITS = {None: 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_COUNT = re.compile(r"[1-9][0-9]{0,9}")
_CLOSED = frozenset(("", "off"))
_SECONDS = re.compile(r"[0-9]{1,5}(\.[0-9]{1,3})?")


_SHARED_VARIABLES = {"OTEL_COSTING_DSN": "store.dsn", "OTEL_COSTING_OVERRIDES": "rates.overrides"}
"""Those of every command; the collector's own win."""


_Choice = TypeVar("_Choice", bound=StrEnum)


class Written(NamedTuple):
    """A setting as someone wrote it."""

    text: str
    place: str


class Loaded(NamedTuple):
    """A configuration without a mistake, the tokens it names and the rate book it prices by."""

    config: Config
    tokens: Tokens
    book: RateBook
    tag_policy: TagPolicy = MappingProxyType({})


def _size(text: str) -> int:
    match = _SIZE.fullmatch(text)
    if match is None:
        raise ValueError(f"a size in bytes such as 1048576 or 8 GiB, not {text!r}")
    return int(match[1]) * _UNITS[match[2]]


def _seconds(text: str) -> float:
    if not _SECONDS.fullmatch(text) or not float(text):
        raise ValueError(f"a number of seconds above 0, such as 10 or 2.5, not {text!r}")
    return float(text)


def _count(text: str) -> int:
    if not _COUNT.fullmatch(text):
        raise ValueError(f"a whole number above 0, such as 2, not {text!r}")
    return int(text)


def _door(text: str) -> Address | None:
    return None if text.strip() in _CLOSED else address_of(text)


def _path(text: str) -> Path:
    return Path(_text(text)).expanduser().absolute()


def _text(text: str) -> str:
    if not text.strip():
        raise ValueError("a text that is not empty")
    return text


def _one_of(known: type[_Choice]) -> Callable[[str], _Choice]:
    def read(text: str) -> _Choice:
        try:
            return known(text.strip())
        except ValueError:
            raise ValueError(f"one of {', '.join(known)}, not {text!r}") from None

    return read


def _compression(text: str) -> str:
    if text.strip() not in COMPRESSIONS:
        raise ValueError(f"one of {', '.join(COMPRESSIONS)}, not {text!r}")
    return text.strip()


def _paths(text: str) -> tuple[Path, ...]:
    return tuple(_path(one) for one in _text(text).split(os.pathsep) if one)


READERS: Mapping[str, Callable[[str], Any]] = {
    "grpc.address": address_of,
    "http.address": address_of,
    "admin.address": address_of,
    "spool.directory": _path,
    "spool.max_bytes": _size,
    "limits.request_bytes": _size,
    "limits.in_flight_bytes": _size,
    "limits.header_seconds": _seconds,
    "limits.body_seconds": _seconds,
    "limits.stop_seconds": _seconds,
    "tls.certificate": _text,
    "tls.key": _text,
    "tokens.file": _text,
    "tokens.variable": _text,
    "tags.file": _text,
    "store.dsn": _text,
    "store.spans": _one_of(KeptSpans),
    "booking.linger_seconds": _seconds,
    "booking.settle_seconds": _seconds,
    "booking.sealing": _one_of(SealedIn),
    "booking.processes": _count,
    "forward.endpoint": endpoint_of,
    "forward.headers_variable": _text,
    "forward.certificate": _path,
    "forward.compression": _compression,
    "forward.max_bytes": _size,
    "forward.timeout_seconds": _seconds,
    "jobs.max_bytes": _size,
    "sql.address": _door,
    "sql.max_seconds": _seconds,
    "sql.max_memory_bytes": _size,
    "sql.max_rows": _count,
    "sql.max_result_bytes": _size,
    "sql.max_queries": _count,
    "sql.max_waiting": _count,
    "rates.directory": _path,
    "rates.overrides": _paths,
}
"""Every setting by its name, and how its text is read. The field of `Config` is the name with `_` for the dot."""


def load(
    file: Path | None,
    *,
    environment: Mapping[str, str],
    options: Iterable[str] = (),
    insecure: bool = False,
) -> Loaded | list[Problem]:
    """Return the configuration, or all that is wrong with it.

    Args:
        file: YAML of sections, `collector/README.md` shows one; None for the defaults.
        environment: the process's; `OTEL_COSTING_COLLECTOR_GRPC_ADDRESS` is `grpc.address`.
        options: `name=value` each.
        insecure: whether `--insecure` was said.
    """
    problems: list[Problem] = []
    written = _written(file, environment, options, problems)
    config = Config(**_values(written, problems), insecure=insecure)
    problems.extend(
        Problem(_place(name, written), f"{name} {what}") for name, what in config.problems()
    )
    problems.extend(certificate_problems(config.tls_certificate, config.tls_key))
    problems.extend(route_problems(config.forward_headers_variable, config.forward_certificate))
    tokens = tokens_from(config.tokens_file, config.tokens_variable, problems)
    tag_policy = tag_policy_in(config.tags_file, problems)
    book = load_book(config.rates_directory, config.rates_overrides)
    if isinstance(book, RateBook):
        return problems or Loaded(config, tokens, book, tag_policy)
    return [*problems, *book]


def spool_directory(
    file: Path | None, *, environment: Mapping[str, str], options: Iterable[str] = ()
) -> Path | list[Problem]:
    """Return where the spool of a collector with these settings is, or what is wrong; reads nothing that they name."""
    problems: list[Problem] = []
    written = _written(file, environment, options, problems)
    values = _values(written, problems)
    directory: Path = values.get("spool_directory") or Config().spool_directory
    return problems or directory


def _written(
    file: Path | None,
    environment: Mapping[str, str],
    options: Iterable[str],
    problems: list[Problem],
) -> dict[str, Written]:
    return {
        **(_of_file(file, problems) if file else {}),
        **_of_environment(environment, problems),
        **_of_options(options, problems),
    }


def _place(name: str, written: Mapping[str, Written]) -> str:
    return written[name].place if name in written else "the default"


def _values(written: Mapping[str, Written], problems: list[Problem]) -> dict[str, Any]:
    values = {}
    for name, one in written.items():
        try:
            values[name.replace(".", "_")] = READERS[name](one.text)
        except ValueError as error:
            problems.append(Problem(one.place, f"{name} is {error}"))
    return values


def _of_file(file: Path, problems: list[Problem]) -> dict[str, Written]:
    document = read_yaml(file, problems)
    if document is None:
        return {}
    fields = Fields(str(file), problems)
    sections = dict.fromkeys(name.partition(".")[0] for name in READERS)
    found = fields.of(document, "a collector's configuration", dict.fromkeys(sections, False)) or {}
    return {
        name: written
        for section, value in found.items()
        if section in sections
        for name, written in _of_section(section, value, fields).items()
    }


def _of_section(section: str, value: Value, fields: Fields) -> dict[str, Written]:
    keys = [name.partition(".")[2] for name in READERS if name.startswith(f"{section}.")]
    found = fields.of(value, f"`{section}`", dict.fromkeys(keys, False)) or {}
    written = {}
    for key, held in found.items():
        if key not in keys:
            continue
        if isinstance(held, Scalar):
            written[f"{section}.{key}"] = Written(held.text, f"{fields.name}:{held.line}")
        else:
            kind = "mapping" if isinstance(held, Mapped) else "list"
            fields.wrong(held, f"{section}.{key} is one value, not a {kind}")
    return written


def variable_of(name: str) -> str:
    """Return the environment variable of a setting."""
    return VARIABLE_PREFIX + name.replace(".", "_").upper()


def _of_environment(environment: Mapping[str, str], problems: list[Problem]) -> dict[str, Written]:
    names = {**_SHARED_VARIABLES, **{variable_of(name): name for name in READERS}}
    problems.extend(
        Problem(variable, f"is no setting; {_closest(variable, names)}")
        for variable in sorted(environment)
        if variable.startswith(VARIABLE_PREFIX) and variable not in names
    )
    return {
        name: Written(environment[variable], variable)
        for variable, name in names.items()
        if variable in environment
    }


def _closest(name: str, known: Iterable[str]) -> str:
    """Name the setting that was probably meant, else all of them."""
    near = get_close_matches(name, known, n=1)
    return f"closest: {near[0]}" if near else f"settings are {', '.join(known)}"


def _of_options(options: Iterable[str], problems: list[Problem]) -> dict[str, Written]:
    written = {}
    for option in options:
        name, equals, text = option.partition("=")
        if not equals or name not in READERS:
            problems.append(
                Problem("--set", f"{option!r} is no SETTING=VALUE; {_closest(name, READERS)}")
            )
            continue
        written[name] = Written(text, f"--set {name}")
    return written
