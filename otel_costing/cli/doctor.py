"""`otel-costing doctor`: what is installed, what an application's tracing looks like, whether the ledger answers."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from importlib import import_module, metadata
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from otel_costing.cli.instrumentations import instrumentations
from otel_costing.cli.ledger import NoLedgerYet, open_ledger
from otel_costing.cli.options import BadInput, dsn_option, format_option
from otel_costing.cli.output import console, short_digest, table, verbatim, write_csv, write_json
from otel_costing.rates import default_rates

if TYPE_CHECKING:
    from otel_costing.clickhouse.store import Store

_PACKAGES = (
    ("opentelemetry-sdk", True),
    ("PyYAML", True),
    ("clickhouse-connect", False),
    ("chdb", False),
    ("opentelemetry-instrumentation", False),
    ("opentelemetry-exporter-otlp-proto-http", False),
)
_ENVIRONMENT = (
    "OTEL_TRACES_SAMPLER",
    "OTEL_TRACES_SAMPLER_ARG",
    "OTEL_PROPAGATORS",
    "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS",
    "OTEL_SDK_DISABLED",
    "OTEL_COSTING_DSN",
    "OTEL_COSTING_JOURNAL",
    "OTEL_COSTING_TRUST_BAGGAGE",
)
_OLD_RATES_DAYS = 35
_NAME_WIDTH = 20
"""Of 80 columns: a line of code fits beside it."""
_SET_ONE_UP = (
    "spans go nowhere; before the first of them:\n"
    "provider = TracerProvider()\n"
    "provider.add_span_processor(CostSpanProcessor())\n"
    "trace.set_tracer_provider(provider)"
)


class Finding(NamedTuple):
    """One thing the doctor looked at."""

    subject: str
    verdict: str
    """`ok`, `note` or `problem`."""
    what: str


@click.command("doctor", short_help="Look at installation, tracing, rates and ledger.")
@click.option(
    "--app",
    default=None,
    metavar="MODULE",
    help="Import this module, as your service does, and look at the tracing it sets up.",
)
@dsn_option
@format_option
def doctor_command(app: str | None, dsn: str, style: str) -> None:
    """Look at the installation, an application's tracing, the rates and the ledger.

    Leaves with status 1 where something is wrong.
    """
    findings = list(examine(app, dsn))
    documents = [finding._asdict() for finding in findings]
    if style == "json":
        write_json({"findings": documents})
    elif style == "csv":
        write_csv(Finding._fields, documents)
    else:
        _show(findings)
    if any(finding.verdict == "problem" for finding in findings):
        raise SystemExit(1)


def examine(app: str | None, dsn: str) -> Iterator[Finding]:
    """Yield what there is to say, in the order a person would ask."""
    yield from _installed()
    yield from _environment()
    yield from _application(app)
    yield from _rates()
    yield from _ledger(dsn)


def _installed() -> Iterator[Finding]:
    python = ".".join(map(str, sys.version_info[:3]))
    yield Finding("otel-costing", "ok", f"{metadata.version('otel-costing')} on Python {python}")
    for name, needed in _PACKAGES:
        try:
            yield Finding(name, "ok", metadata.version(name))
        except metadata.PackageNotFoundError:
            yield Finding(
                name,
                "problem" if needed else "note",
                "not installed" if needed else "not installed; optional",
            )


def _environment() -> Iterator[Finding]:
    for name in _ENVIRONMENT:
        value = os.environ.get(name)
        if value is not None:
            yield Finding(name, "note", _without_password(value))


def _without_password(value: str) -> str:
    scheme, separator, rest = value.partition("://")
    credentials, at, host = rest.rpartition("@")
    user, colon, _ = credentials.partition(":")
    # What stands alone may be a token that was taken for the user.
    return f"{scheme}{separator}{user if colon else ''}:***@{host}" if at else value


def _application(app: str | None) -> Iterator[Finding]:
    if app is None:
        yield Finding(
            "application",
            "note",
            "name a module with --app to see its provider, sampler and processors",
        )
        return
    from opentelemetry import trace
    from opentelemetry.sdk.trace import TracerProvider

    _import(app)
    provider = trace.get_tracer_provider()
    if not isinstance(provider, TracerProvider):
        # Logfire sets one that stands for the SDK's.
        provider = getattr(provider, "provider", provider)
    if not isinstance(provider, TracerProvider):
        yield Finding("provider", "problem", f"{app} sets up no SDK TracerProvider; {_SET_ONE_UP}")
        return
    yield Finding("provider", "ok", type(provider).__name__)
    yield _sampler(provider)
    yield from _processors(provider)
    yield from _instrumentations()


def _import(app: str) -> None:
    sys.path.insert(0, str(Path.cwd()))
    try:
        import_module(app)
    except Exception as error:
        raise BadInput(f"--app: importing {app} failed: {type(error).__name__}: {error}") from error


def _sampler(provider: object) -> Finding:
    from otel_costing.sampler import lets_calls_escape

    sampler = getattr(provider, "sampler", None)
    description = sampler.get_description() if sampler is not None else "unknown"
    if sampler is not None and lets_calls_escape(sampler):
        return Finding(
            "sampler",
            "problem",
            f"{description} drops model calls; wrap it: CostSampler({type(sampler).__name__}(...))",
        )
    root, *others = description.split(",")
    is_cut = bool(others) and description.endswith("}")
    return Finding("sampler", "ok", f"{root}, ...}}" if is_cut else description)


def _processors(provider: object) -> Iterator[Finding]:
    from otel_costing.processor import CostSpanProcessor

    registered = getattr(getattr(provider, "_active_span_processor", None), "_span_processors", ())
    for position, processor in enumerate(registered, start=1):
        exporter = getattr(processor, "span_exporter", None)
        target = f" -> {type(exporter).__name__}" if exporter is not None else ""
        yield Finding(f"processor {position}", "ok", f"{type(processor).__name__}{target}")
    found = list(_within(registered))
    if not any(isinstance(processor, CostSpanProcessor) for processor, _ in found):
        yield Finding(
            "CostSpanProcessor",
            "problem",
            "not there; provider.add_span_processor(CostSpanProcessor())",
        )
    for processor, wrapper in found:
        if isinstance(processor, CostSpanProcessor) and wrapper:
            yield Finding(
                "CostSpanProcessor",
                "note",
                f"{wrapper} around it does not tell it of ending spans: their cost is seen by processors after it alone",
            )


def _within(
    processors: Iterable[object], wrapper: str = "", deepest: int = 8
) -> Iterator[tuple[object, str]]:
    """Yield processors and those inside them, each with the outermost around it that tells nobody of ending spans."""
    for processor in processors:
        yield processor, wrapper
        inner = getattr(processor, "_span_processors", None) or [
            one for name in ("processor", "_next") if (one := getattr(processor, name, None))
        ]
        if deepest:
            is_silent = not wrapper and not _tells_of_ending(processor)
            yield from _within(
                inner, type(processor).__name__ if is_silent else wrapper, deepest - 1
            )


def _tells_of_ending(processor: object) -> bool:
    from opentelemetry.sdk.trace import SpanProcessor

    tells = getattr(SpanProcessor, "_on_ending", None)
    return tells is None or getattr(type(processor), "_on_ending", None) is not tells


def _instrumentations() -> Iterator[Finding]:
    """Without one that is on there are no model calls' spans, unless a library makes them itself."""
    found = list(instrumentations())
    for each in found:
        switch = "" if each.is_on else f", not switched on; {each.instrumentor}().instrument()"
        yield Finding("instrumentation", "ok" if each.is_on else "note", f"{each.module}{switch}")
    if not found:
        yield Finding(
            "instrumentation",
            "note",
            "none of a model library is installed; docs/conformance.md lists them, "
            "and the libraries that tell of their calls themselves",
        )


def _rates() -> Iterator[Finding]:
    book = default_rates()
    checked = sorted({rate.checked for rate in book.rates() if rate.checked})
    models = sum(len(book.models(provider)) for provider in book.providers())
    yield Finding(
        "rates",
        "ok",
        f"{models} models of {len(book.providers())} providers, book {short_digest(book.digest)}",
    )
    if checked:
        age = (datetime.now(UTC).date() - date.fromisoformat(checked[0])).days
        verdict = "ok" if age <= _OLD_RATES_DAYS else "note"
        yield Finding(
            "rates' age", verdict, f"oldest table checked {age} days ago, on {checked[0]}"
        )


def _ledger(dsn: str) -> Iterator[Finding]:
    try:
        with open_ledger(dsn) as store:
            yield Finding("ledger", "ok", f"{store.dsn} answers")
            yield from _last_call(store)
    except NoLedgerYet as nothing:
        yield Finding("ledger", "note", nothing.message)
    except BadInput as refused:
        yield Finding("ledger", "problem", refused.message)


def _last_call(store: Store) -> Iterator[Finding]:
    rows = store.query("last_call")
    if not rows:
        yield Finding("last call", "note", "the ledger is empty")
        return
    row = rows[0]
    who = row["service"] or "an unnamed service"
    at = f"{row['occurred_at']:%Y-%m-%d %H:%M:%S} UTC"
    yield Finding("last call", "ok", f"{row['model']} by {who} at {at}, {row['status']}")


def _show(findings: list[Finding]) -> None:
    marks = {"ok": "[green]ok[/]", "note": "[yellow]note[/]", "problem": "[red]problem[/]"}
    rows = table()
    for width in (None, _NAME_WIDTH, None):
        rows.add_column(overflow="fold", max_width=width)
    for finding in findings:
        rows.add_row(
            marks[finding.verdict],
            f"[bold]{verbatim(_in_lines(finding.subject))}[/]",
            verbatim(finding.what),
        )
    rows.show_header = False
    console().print(rows)


def _in_lines(name: str) -> str:
    """Break the name of a package or a variable where it has a hyphen or an underscore."""
    lines = [""]
    for piece in re.findall(r"[^-_]*[-_]|[^-_]+", name):
        if len(lines[-1]) + len(piece) > _NAME_WIDTH:
            lines.append("")
        lines[-1] += piece
    return "\n".join(lines)
