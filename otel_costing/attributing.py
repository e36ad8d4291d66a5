"""Who causes the model calls of some code, as that code says: `attribute_to` and `workflow`."""

from __future__ import annotations

import functools
import inspect
import logging
import uuid
from collections.abc import Callable, Collection, Mapping
from contextvars import ContextVar
from functools import lru_cache
from types import TracebackType
from typing import Any, ParamSpec, TypeVar, cast

from opentelemetry import context as context_api
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource

from otel_costing.attribution import FIELDS, PERSONAL, Attribution, as_attributes, clean, said_by
from otel_costing.baggage import KEYS, pseudonym, with_claims
from otel_costing.local_roots import tell_local_root
from otel_costing.working import Entered, enter, leave, with_working, working_here

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
Sayable = str | int | uuid.UUID
"""What can be kept of what code says of itself."""

_log = logging.getLogger(__name__)

_NOBODY = Attribution()
# Blocks nest within a context; one `attribute_to` may be entered in several contexts at once.
_ENTERED: ContextVar[tuple[tuple[attribute_to, Entered], ...]] = ContextVar(
    "otel-costing-entered", default=()
)
_OWN = tuple(name for name in FIELDS if not name.startswith("origin_"))


class attribute_to:  # noqa: N801 - used as `with attribute_to(...)`, where a capital would mislead
    """Say who causes the model calls made inside: a context manager, and a decorator for functions, also async.

    Inner ones add to outer ones and win where both speak; the origin is the outermost's. `workflow` begins a run of
    its own unless one is under way. What travels to other services is the origin (docs/attribution.md).

    Args:
        team: owner of the code that runs.
        project: a budget, a product.
        workflow: the name of the work.
        workflow_run_id: of one execution; made up where `workflow` begins one.
        feature: what the work is part of.
        customer_id: stays in this process unless shared.
        user_id: stays in this process unless shared.
        session_id: stays in this process unless shared.
        environment: `production`, `staging`, ...
        purpose: `production`, `evaluation`, `development`, ...
        release: what version of the code.
        agent: the agent at work.
        tool: the tool at work.
        share: which of the personal identifiers travel, as keyed hashes.
        hash_key: the secret for that; else OTEL_COSTING_HASH_KEY.

    Raises:
        ValueError: `share` names something that is no personal identifier, or there is no secret.
        TypeError: it decorates a generator, whose body runs in its consumer's context.
    """

    def __init__(  # noqa: PLR0913 - each is a word of the ledger, and all are optional
        self,
        *,
        team: Sayable | None = None,
        project: Sayable | None = None,
        workflow: Sayable | None = None,
        workflow_run_id: Sayable | None = None,
        feature: Sayable | None = None,
        customer_id: Sayable | None = None,
        user_id: Sayable | None = None,
        session_id: Sayable | None = None,
        environment: Sayable | None = None,
        purpose: Sayable | None = None,
        release: Sayable | None = None,
        agent: Sayable | None = None,
        tool: Sayable | None = None,
        share: Collection[str] = (),
        hash_key: str | None = None,
    ) -> None:
        given = locals()
        self._said = _said({name: given[name] for name in _OWN})
        self._shared = _pseudonyms(self._said, share, hash_key)

    def __enter__(self) -> Attribution:
        context = context_api.get_current()
        working = working_here(context)
        attribution = _within(working.attribution or _NOBODY, self._said)
        shared = {**working.shared, **self._shared}
        inside = working.inside(
            attribution=attribution, shared=shared, attributes=as_attributes(attribution)
        )
        context = with_claims(
            with_working(context, inside), {**_origin_claims(attribution), **shared}
        )
        _ENTERED.set((*_ENTERED.get(), (self, enter(context))))
        tell_local_root(trace.get_current_span(), inside.attributes)
        return attribution

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        began = _ENTERED.get()
        blocks, entered = [block for block, _ in began], [one for _, one in began]
        # FastAPI leaves a plain `def` dependency in another copy of the context than it entered, where nothing began.
        if self in blocks:
            blocks.remove(self)
            leave(entered.pop())
            _ENTERED.set(tuple(zip(blocks, entered, strict=True)))

    def __call__(self, function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
        """Decorate `function`, plain or async; each call is attributed anew."""
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError(
                f"{function.__qualname__} is a generator: decorate the function that consumes it"
            )
        return cast("Callable[Parameters, Result]", self._around(function))

    def _around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def attributed_async(*args: Any, **kwargs: Any) -> Any:
                with self._again():
                    return await function(*args, **kwargs)

            return attributed_async

        @functools.wraps(function)
        def attributed(*args: Any, **kwargs: Any) -> Any:
            with self._again():
                return function(*args, **kwargs)

        return attributed

    def _again(self) -> attribute_to:
        """Return one of the same content: a decorated function may run in several threads at once."""
        twin = attribute_to()
        twin._said, twin._shared = self._said, self._shared
        return twin


def workflow(name: str, **more: str) -> attribute_to:
    """Say that a function is a workflow: `@workflow("resolve-ticket")`.

    The outermost begins a run; further ones inside belong to it. Takes what `attribute_to` takes.
    """
    if not isinstance(name, str):
        raise TypeError('a workflow has a name: write @workflow("resolve-ticket")')
    return attribute_to(workflow=name, **more)


def _said(given: Mapping[str, object]) -> dict[str, str]:
    """Return what can be kept of what code says, by field; a value that cannot is no reason to fail the work."""
    said = {name: clean(value) for name, value in given.items() if value is not None}
    for name, kept in said.items():
        if not (kept or _is_empty_text(given[name])):
            _warn_of_unusable(name, type(given[name]).__name__)
    return {name: kept for name, kept in said.items() if kept}


def _is_empty_text(value: object) -> bool:
    return isinstance(value, str) and not value


@lru_cache(maxsize=256)
def _warn_of_unusable(field: str, type_name: str) -> None:
    _log.warning(
        "%s is left out: a value of type %s cannot be kept; say printable text, a whole number of 64 bits or a UUID",
        field,
        type_name,
    )


def _pseudonyms(said: dict[str, str], share: Collection[str], key: str | None) -> dict[str, str]:
    wanted = {share} if isinstance(share, str) else set(share)
    if wanted - PERSONAL:
        raise ValueError(
            f"share takes {', '.join(sorted(PERSONAL))}, not {', '.join(sorted(wanted - PERSONAL))}"
        )
    return {name: pseudonym(name, said[name], key) for name in sorted(wanted) if name in said}


def _within(outer: Attribution, said: dict[str, str]) -> Attribution:
    """Return what holds inside: the inner over the outer, within one run, under one origin."""
    if "workflow" in said and "workflow_run_id" not in said and not outer.workflow_run_id:
        said = {**said, "workflow_run_id": uuid.uuid4().hex}
    inner = outer._replace(**said)
    if outer.origin_source == "baggage":
        return inner
    # What an inner team names is its own: only the team at the root names the origin's workflow and feature.
    named = inner if inner.team == (outer.origin_team or inner.team) else outer
    return inner._replace(
        origin_team=outer.origin_team or inner.team,
        origin_workflow=outer.origin_workflow or named.workflow,
        origin_workflow_run_id=outer.origin_workflow_run_id or named.workflow_run_id,
        origin_feature=outer.origin_feature or named.feature,
        origin_source="root",
    )


def _origin_claims(attribution: Attribution) -> dict[str, str]:
    claims = {
        "team": attribution.origin_team or _team_of_workflow(attribution),
        "workflow": attribution.origin_workflow,
        "workflow_run_id": attribution.origin_workflow_run_id,
        "feature": attribution.origin_feature,
        "project": attribution.project,
        "purpose": attribution.purpose,
    }
    return {field: value for field, value in claims.items() if value and field in KEYS}


def _team_of_workflow(attribution: Attribution) -> str:
    """Return whose workflow it is that begins in this service where nobody says: the service's, as its own calls have it.

    It is only sent, not said here: an inner block may still say who stands at the root.
    """
    if attribution.origin_source != "root" or not attribution.origin_workflow:
        return ""
    resource = getattr(trace.get_current_span(), "resource", None)
    if resource is None:
        resource = getattr(trace.get_tracer_provider(), "resource", None)
    return said_by(resource.attributes).get("team", "") if isinstance(resource, Resource) else ""
