"""Starting and stopping processes, above all where something goes wrong."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

SOON_SECONDS = 30.0


def test_a_process_serves_until_it_is_asked_to_stop(tmp_path: Path) -> None:
    from otel_costing.demo.processes import Listener, serving

    with serving("providers", Listener(), os.environ, tmp_path / "log") as process:
        process.wait_ready(time.monotonic() + SOON_SECONDS)
        process.ask_to_stop()
        process.wait_stopped()

    assert process.popen.returncode == 0


def test_a_process_that_cannot_start_is_named_with_the_end_of_its_log(tmp_path: Path) -> None:
    from otel_costing.demo.processes import DemoError, Listener, serving

    with (
        serving("missing", Listener(), os.environ, tmp_path / "log") as process,
        pytest.raises(DemoError, match=r"(?s)^missing did not come up.*No module named"),
    ):
        process.wait_ready(time.monotonic() + SOON_SECONDS)


def test_a_process_that_is_killed_is_not_taken_for_one_that_finished(tmp_path: Path) -> None:
    from otel_costing.demo.processes import DemoError, Listener, serving

    with serving("providers", Listener(), os.environ, tmp_path / "log") as process:
        process.popen.kill()

        with pytest.raises(DemoError, match="exit status -9"):
            process.wait_stopped()


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, RuntimeError])
def test_no_process_is_left_behind_whatever_interrupts(
    tmp_path: Path, interruption: type[BaseException]
) -> None:
    from otel_costing.demo.processes import Listener, serving

    with (
        pytest.raises(interruption),
        serving("providers", Listener(), os.environ, tmp_path / "log") as process,
    ):
        raise interruption

    assert process.popen.returncode is not None


def test_a_process_ends_with_its_parent(tmp_path: Path) -> None:
    """A parent that was killed cannot clean up; its end of the standard input closes all the same."""
    from otel_costing.demo.processes import Listener, serving

    with serving("providers", Listener(), os.environ, tmp_path / "log") as process:
        process.wait_ready(time.monotonic() + SOON_SECONDS)
        assert process.popen.stdin is not None
        process.popen.stdin.close()
        process.wait_stopped()

    assert process.popen.returncode == 0
