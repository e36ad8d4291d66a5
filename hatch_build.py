"""Compiles the modules that pyproject.toml names to extension modules of the wheel, with mypyc; see docs/adr/0012.

It is a build hook of Hatchling, off unless HATCH_BUILD_HOOKS_ENABLE=1 is set. The checkout stays as it is: extensions
go into the wheel alone, beside the same modules in Python.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_CHECKED_AS = ("--ignore-missing-imports", "--explicit-package-bases", "--python-version=3.11")


class Compiled(BuildHookInterface):
    """Adds extension modules to a wheel."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and name what came of it for the wheel; an editable install runs the Python."""
        if version == "editable":
            return
        self._made = Path(tempfile.mkdtemp())
        extensions = _compiled(self.config["modules"], self._made)
        build_data["force_include"] |= extensions
        build_data["pure_python"] = False
        build_data["infer_tag"] = True

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove what the wheel holds by now."""
        del build_data, artifact_path  # part of the hook's signature
        if version != "editable":
            shutil.rmtree(self._made)


def _compiled(modules: list[str], into: Path) -> dict[str, str]:
    """Return where each extension lies, and where it belongs in the wheel."""
    from mypyc.build import mypycify  # noqa: PLC0415 - installed where the hook is on
    from setuptools import Distribution  # noqa: PLC0415 - likewise

    extensions = mypycify([*_CHECKED_AS, *modules], opt_level="3", target_dir=str(into / "c"))
    build = Distribution({"ext_modules": extensions}).get_command_obj("build_ext")
    build.build_lib, build.build_temp = str(into / "lib"), str(into / "objects")
    build.ensure_finalized()
    build.run()
    made = (into / "lib").rglob("*.*")
    return {str(one): str(one.relative_to(into / "lib")) for one in made}
