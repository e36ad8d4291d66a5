"""Parts of Grafana itself, as `make test-peers` installs them."""

from pathlib import Path

import pytest

INSTALLED = Path(__file__).parents[3] / ".peers" / "grafana"
PACKAGES = INSTALLED / "node_modules"
FRAMES = INSTALLED / "frames"
installed = pytest.mark.skipif(
    not INSTALLED.exists(), reason="no Grafana in .peers; `make test-peers` installs its parts"
)
