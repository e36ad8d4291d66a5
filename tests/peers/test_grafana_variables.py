"""What a browser writes for chosen names: Grafana's own function and ours say the same, whatever the names are."""

from __future__ import annotations

import json
import shutil
import string
import subprocess
from pathlib import Path

import pytest

from tests.dashboards.conftest import HOSTILE_NAMES
from tests.dashboards.template_variables import with_variables
from tests.peers.grafana import PACKAGES, installed

SCRIPT = Path(__file__).parent / "grafana" / "js" / "url_params.cjs"
NAMES = [*HOSTILE_NAMES, string.printable, "", "ß漢\u200b", "$__fromTime", "a&var-team=b"]
pytestmark = [installed, pytest.mark.skipif(shutil.which("node") is None, reason="no node")]


def test_names_reach_a_query_as_grafana_writes_them() -> None:
    written = subprocess.run(
        ["node", SCRIPT, PACKAGES],
        input=json.dumps({"var-team": NAMES}),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert with_variables("${team:queryparam}", {"team": NAMES}) == written.stdout
