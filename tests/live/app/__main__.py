"""An application with one emitter and our processor: `python -m tests.live.app EMITTER URL DIRECTORY`.

It makes every call of its emitter's scenarios and writes what was seen into the directory.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path

from tests.live.app.guard import stay_on_this_machine


def main(name: str, url: str, into: Path) -> None:
    """Run one emitter's scenarios."""
    from otel_costing import CostSpanProcessor
    from tests.live.app.switches import switch_on
    from tests.live.app.told import Told
    from tests.live.emitters import emitters
    from tests.live.scenarios import SCENARIOS

    emitter = emitters()[name]
    told = Told(into)
    switch_on(emitter, [CostSpanProcessor(), told.processor])
    calls = import_module(f"tests.live.app.calls.{emitter.calls}").CALLS
    for scenario in SCENARIOS[emitter.calls]:
        with told.scenario(scenario):
            calls[scenario](f"{url}/{name}/{scenario}")
    told.close()


if __name__ == "__main__":
    stay_on_this_machine()
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
    # An emitter's own threads may wait for a service that is not there.
    sys.stdout.flush()
    os._exit(0)
