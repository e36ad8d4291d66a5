"""Starting and stopping processes, above all where something goes wrong."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

SOON_SECONDS = 30.0


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    from otel_costing.demo.environment import OTLP_DIRECTORY

    return {**os.environ, OTLP_DIRECTORY: str(tmp_path / "otlp")}


def test_a_process_serves_until_it_is_asked_to_stop(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    from otel_costing.demo.processes import Listener, started

    with started("receiver", Listener(), environment, tmp_path / "log") as process:
        process.wait_ready(time.monotonic() + SOON_SECONDS)
        process.ask_to_stop()
        process.wait_stopped()

    assert process.popen.returncode == 0


def test_a_process_that_cannot_start_is_named_with_the_end_of_its_log(tmp_path: Path) -> None:
    from otel_costing.demo.processes import DemoError, Listener, started

    with (
        started("receiver", Listener(), dict(os.environ), tmp_path / "log") as process,
        pytest.raises(DemoError, match=r"(?s)^receiver did not come up.*OTLP_DIRECTORY"),
    ):
        process.wait_ready(time.monotonic() + SOON_SECONDS)


def test_a_process_that_is_killed_is_not_taken_for_one_that_finished(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    from otel_costing.demo.processes import DemoError, Listener, started

    with started("receiver", Listener(), environment, tmp_path / "log") as process:
        process.popen.kill()

        with pytest.raises(DemoError, match="exit status -9"):
            process.wait_stopped()


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, RuntimeError])
def test_no_process_is_left_behind_whatever_interrupts(
    tmp_path: Path, environment: dict[str, str], interruption: type[BaseException]
) -> None:
    from otel_costing.demo.processes import Listener, started

    with (
        pytest.raises(interruption),
        started("receiver", Listener(), environment, tmp_path / "log") as process,
    ):
        raise interruption

    assert process.popen.returncode is not None


def test_a_process_ends_with_its_parent(tmp_path: Path, environment: dict[str, str]) -> None:
    """A parent that was killed cannot clean up; its end of the standard input closes all the same."""
    from otel_costing.demo.processes import Listener, started

    with started("receiver", Listener(), environment, tmp_path / "log") as process:
        process.wait_ready(time.monotonic() + SOON_SECONDS)
        assert process.popen.stdin is not None
        process.popen.stdin.close()
        process.wait_stopped()

    assert process.popen.returncode == 0
