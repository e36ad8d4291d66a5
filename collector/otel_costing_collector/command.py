"""`otel-costing collect`: run a collector until it is told to stop."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import resource
import signal
import sys
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import click

from otel_costing.cli.ledger import sentence
from otel_costing.cli.options import BadInput
from otel_costing.clickhouse.connection import dsn_shown
from otel_costing.clickhouse.store import Store
from otel_costing.clickhouse.target import StoreUnavailable, StoreUnusable, target_of
from otel_costing.cyclic_garbage import look_seldom
from otel_costing.problems import Problem
from otel_costing_collector.dead_letters_command import Given, dead_letters_group
from otel_costing_collector.doors import AddressInUse
from otel_costing_collector.freed_memory import give_back_freed_memory
from otel_costing_collector.json_log import log_json
from otel_costing_collector.service import Service
from otel_costing_collector.settings import Loaded, load
from otel_costing_collector.spool import SpoolUnusable
from otel_costing_collector.token_command import token_command

_log = logging.getLogger(__name__)
_LOCK_SECONDS = 0.001
Load = Callable[[], Loaded | list[Problem]]


@click.group(
    "collect", invoke_without_command=True, short_help="Run the collector: receive, keep, book."
)
@click.option(
    "--config",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="YAML file of settings.",
)
@click.option(
    "--set",
    "options",
    metavar="NAME=VALUE",
    multiple=True,
    help="One setting, such as grpc.address=127.0.0.1:4317; wins over file and environment.",
)
@click.option(
    "--insecure",
    is_flag=True,
    help="Listen where other machines can reach it although no token is asked for; tokens that are configured still are.",
)
@click.pass_context
def collect_command(
    ctx: click.Context,
    file: Path | None,
    options: tuple[str, ...],
    insecure: bool,  # noqa: FBT001 - click passes flags by name
) -> None:
    """Receive OTLP over gRPC and HTTP, acknowledge what is on disk, and book it."""
    ctx.obj = Given(file, options)
    if ctx.invoked_subcommand is None:
        _collect(file, options, insecure=insecure)


collect_command.add_command(dead_letters_group)
collect_command.add_command(token_command)


def _collect(file: Path | None, options: tuple[str, ...], *, insecure: bool) -> None:
    again = partial(load, file, environment=os.environ, options=options, insecure=insecure)
    loaded = again()
    if isinstance(loaded, list):
        for problem in loaded:
            click.echo(str(problem), err=True)
        raise SystemExit(2)
    log_json()
    give_back_freed_memory()
    _allow_many_connections()
    try:
        is_held_up = asyncio.run(_run(loaded, again))
    except (SpoolUnusable, AddressInUse, StoreUnusable) as error:
        raise BadInput(sentence(str(error))) from None
    if is_held_up:
        # All is on disk; the interpreter would wait for the thread that asks the engine.
        os._exit(0)


async def _run(loaded: Loaded, again: Load) -> bool:
    """Serve until told to stop; return whether something would hold up the end of the process."""
    with closing(_EarlyLedger(loaded.config.store_dsn)) as ledger:
        service = Service(loaded, ledger.taken)
        await _serve(service, loaded, again)
        return service.is_held_up


async def _serve(service: Service, loaded: Loaded, again: Load) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    reloads: set[asyncio.Task[None]] = set()

    def reload() -> None:
        task = loop.create_task(service.read_again(again))
        reloads.add(task)
        task.add_done_callback(reloads.discard)

    loop.add_signal_handler(signal.SIGHUP, reload)
    try:
        ports = await service.start()
        _warn(loaded)
        # What was imported stays: there is no need to look through it again and again.
        gc.freeze()
        look_seldom()
        # Answers share the interpreter's lock with booking, and are to wait for it a millisecond, not five.
        sys.setswitchinterval(_LOCK_SECONDS)
        _log.info("ready", extra={**ports._asdict(), **_places(loaded)})
        await stop.wait()
        _log.info("stopping")
    finally:
        await service.stop()
    _log.info("stopped", extra={"unbooked_requests": service.spool.state().requests})


def _places(loaded: Loaded) -> dict[str, str]:
    """Return where it keeps what it has and books it, without a password."""
    config = loaded.config
    ledger = dsn_shown(target_of(config.store_dsn))
    return {"spool": str(config.spool_directory), "ledger": ledger}


class _EarlyLedger:
    """Opened before the doors are, so that one that is held or misnamed is told at once; one that is away is awaited."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._store: Store | None = None
        try:
            self._store = _opened(dsn)
        except StoreUnusable:
            raise
        except StoreUnavailable as unavailable:
            _log.warning("the ledger does not answer yet", extra={"why": str(unavailable)})

    def taken(self) -> Store:
        """Hand it over to whoever closes it; a second time opens another."""
        store, self._store = self._store, None
        return store or _opened(self._dsn)

    def close(self) -> None:
        """Let go of it where nobody took it: an engine that is open when the process ends brings it down."""
        if self._store is not None:
            self._store.close()


def _opened(dsn: str) -> Store:
    store = Store.open(dsn)
    store.remember_spans()
    return store


def _warn(loaded: Loaded) -> None:
    config = loaded.config
    public = not (config.grpc_address.is_loopback and config.http_address.is_loopback)
    if public and not config.tls_certificate:
        _log.warning("tokens and spans travel in the clear; name tls.certificate and tls.key")


def _allow_many_connections() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
