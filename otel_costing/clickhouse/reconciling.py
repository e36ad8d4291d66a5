"""Invoice lines beside the ledger, and what is posted of them: the questions and the writing, in bounded steps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from otel_costing.adjustments import Target
from otel_costing.clickhouse import reconciled
from otel_costing.clickhouse.blocks import parts
from otel_costing.clickhouse.columns import month_of
from otel_costing.clickhouse.reconciled import BookedKey, Extent
from otel_costing.clickhouse.store import Store
from otel_costing.finops.exact import EXACT, ZERO, total
from otel_costing.finops.invoices.amounts import DAY_NS
from otel_costing.finops.invoices.line import InvoiceLine, Kind
from otel_costing.finops.reconciliation.allocation import whole_pico
from otel_costing.finops.reconciliation.drift import Stated
from otel_costing.finops.reconciliation.explaining import Explained, explained
from otel_costing.finops.reconciliation.formats_beside import Told, told_otherwise
from otel_costing.finops.reconciliation.matching import (
    Booked,
    Match,
    billed_twice,
    matched,
    scope_of,
)
from otel_costing.finops.reconciliation.posting import (
    Posting,
    net_usd,
    next_posting,
    settled_usd,
    stands,
    undoing,
)
from otel_costing.finops.reconciliation.remainders import remainders

_LINES_AT_ONCE = 500


class Span(NamedTuple):
    """Days that are asked for, nanoseconds since 1970 UTC; None where the invoices say."""

    since_ns: int | None
    until_ns: int | None

    def admits(self, line: InvoiceLine) -> bool:
        """Tell whether a line lies within."""
        return (self.since_ns is None or self.since_ns <= line.start_ns) and (
            self.until_ns is None or line.end_ns <= self.until_ns
        )


class Posted(NamedTuple):
    """What came of posting so far."""

    lines: int = 0
    """Looked at."""
    postings: int = 0
    """Decided and booked now."""
    entries: int = 0
    usd: Decimal = ZERO
    completed: int = 0
    """Lines whose earlier posting was cut short."""

    def plus(self, lines: int, made: Sequence[Posting]) -> Posted:
        """Return it with some more lines."""
        return self._replace(
            lines=self.lines + lines,
            postings=self.postings + len(made),
            entries=self.entries
            + sum(1 for one in made for share in one.shares if share.amount_usd),
            usd=total((self.usd, *(one.posted_usd for one in made))),
        )


def compared(
    store: Store, lines: Sequence[InvoiceLine], asked: Span, account: str
) -> list[Explained]:
    """Match lines with what the ledger holds of their providers, and explain the differences.

    Lines that other exports brought for the same, and that stand as posted, are matched along: what was booked is set
    against a line once.
    """
    every = list(lines)
    booked: list[Booked] = []
    for provider in sorted({line.provider for line in lines}):
        extent = _extent(provider, lines, asked, account)
        booked += reconciled.booked_totals(store, extent)
        every += _beside(lines, reconciled.settled_lines(store, extent))
    return explained(matched(every, booked, DAY_NS))


def billed_before(
    store: Store, lines: Sequence[InvoiceLine], asked: Span
) -> tuple[InvoiceLine, InvoiceLine] | None:
    """Return a line and one that stands as posted and may bill the same charge; None where no two may."""
    settled: list[InvoiceLine] = []
    for provider in sorted({line.provider for line in lines}):
        settled += reconciled.settled_lines(store, _extent(provider, lines, asked, ""))
    return billed_twice(lines, settled)


def billed_in_another_format(
    store: Store, lines: Sequence[InvoiceLine]
) -> tuple[Told, Told] | None:
    """Return an account's month that some lines bill, and that another format bills, posted or among them; None without.

    A line that was posted already bills nothing new.
    """
    posted = reconciled.postings_of(store, ((line.provider, line.key) for line in lines))
    new = (
        Told(line.provider, line.account, month_of(line.start_ns), line.format, line.place)
        for line in lines
        if not stands(posted.get((line.provider, line.key), ()))
    )
    return told_otherwise(new, reconciled.formats_posted(store, {one.provider for one in lines}))


def _beside(lines: Iterable[InvoiceLine], settled: Iterable[InvoiceLine]) -> Iterator[InvoiceLine]:
    keys, scopes = set(), set()
    for line in lines:
        keys.add(line.key)
        scopes.add(scope_of(line))
    for line in settled:
        if line.key not in keys and scope_of(line) in scopes:
            yield line


def _extent(provider: str, lines: Iterable[InvoiceLine], asked: Span, account: str) -> Extent:
    """Return which calls stand against the lines of a provider: of the days that they bill usage of."""
    own = [line for line in lines if line.provider == provider]
    usage = [line for line in own if line.kind is Kind.USAGE] or own
    since_ns = min(line.start_ns for line in usage) if asked.since_ns is None else asked.since_ns
    until_ns = max(line.end_ns for line in usage) if asked.until_ns is None else asked.until_ns
    return Extent(provider, since_ns, until_ns, account)


def stated(store: Store, found: Sequence[Explained]) -> list[Stated]:
    """Put what stands of earlier postings beside each match."""
    lines = [(line.provider, line.key) for one in found for line in one.match.lines]
    postings = reconciled.postings_of(store, lines)
    return [
        Stated(one, total(net_usd(postings.get(key, ())) for key in _keys(one.match)))
        for one in found
    ]


def _keys(match: Match) -> list[reconciled.LineKey]:
    return [(line.provider, line.key) for line in match.lines]


def posting(
    store: Store,
    found: Iterable[Explained],
    *,
    documents: Mapping[str, str],
    account: str,
    note: str,
) -> Iterator[Posted]:
    """Post the remainder of every line that is not settled yet; yields what is done so far.

    What an earlier run decided and did not book is booked first. Cut short, it is run again.

    Args:
        store: the ledger.
        found: what was matched.
        documents: file names of the exports by digest.
        account: as it was asked for.
        note: of the person who posts.

    Raises:
        StoreUnavailable: it was cut short.
    """
    done = Posted(completed=reconciled.complete(store))
    yield done
    for extent, matches in _by_extent(found, account).items():
        caused = reconciled.booked_by_target(store, extent)
        for some in parts(matches, _LINES_AT_ONCE):
            decided = list(_decided(store, some, caused, documents, note))
            made = reconciled.post(store, decided) if decided else []
            done = done.plus(sum(len(match.lines) for match in some), made)
            yield done


def _by_extent(found: Iterable[Explained], account: str) -> dict[Extent, list[Match]]:
    by_extent: dict[Extent, list[Match]] = defaultdict(list)
    for match in (one.match for one in found if one.match.lines):
        scope = match.scope
        extent = Extent(scope.provider, scope.start_ns, scope.end_ns, account)
        by_extent[extent].append(match)
    return by_extent


def _decided(
    store: Store,
    matches: Sequence[Match],
    caused: Mapping[BookedKey, Mapping[Target, Decimal]],
    documents: Mapping[str, str],
    note: str,
) -> Iterator[Posting]:
    earlier = reconciled.postings_of(store, (key for match in matches for key in _keys(match)))
    for match in matches:
        basis = _basis_of(match, caused)
        known = {key: earlier.get((provider, key), []) for provider, key in _keys(match)}
        settled = {
            line.key: usd
            for line in match.lines
            if (usd := settled_usd(known[line.key], whole_pico(line.amount_usd))) is not None
        }
        for one in remainders(match, settled):
            wanted = next_posting(
                one,
                known[one.line.key],
                basis,
                document_name=documents.get(one.line.document, ""),
                note=note,
            )
            if wanted is not None:
                yield wanted


def _basis_of(
    match: Match, caused: Mapping[BookedKey, Mapping[Target, Decimal]]
) -> dict[Target, Decimal]:
    basis: dict[Target, Decimal] = {}
    for one in match.booked:
        for target, usd in caused.get((one.day_ns, one.model, one.meter), {}).items():
            basis[target] = EXACT.add(basis.get(target, ZERO), usd)
    return basis


def undo(store: Store, document: str, note: str) -> Iterator[Posted]:
    """Take back all that was posted of the lines of an export; yields what is done so far.

    Args:
        store: the ledger.
        document: digest or file name of the export.
        note: of the person who takes it back.

    Raises:
        StoreUnavailable: it was cut short; undo again.
    """
    done = Posted(completed=reconciled.complete(store))
    yield done
    for some in parts(reconciled.lines_of_document(store, document), _LINES_AT_ONCE):
        earlier = reconciled.postings_of(store, some).values()
        wanted = [one for each in earlier if (one := undoing(each, note)) is not None]
        made = reconciled.post(store, wanted) if wanted else []
        done = done.plus(len(some), made)
        yield done
