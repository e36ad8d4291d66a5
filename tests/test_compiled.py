"""What pyproject.toml names is compiled, all of it or nothing; `make test-compiled` runs the tests on it."""

from __future__ import annotations

import os
import tomllib
from importlib import import_module
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
NAMED = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["hooks"]["custom"]["modules"]


def test_every_module_that_is_to_be_compiled_is_there() -> None:
    assert sorted(set(NAMED)) == NAMED
    assert all((ROOT / name).is_file() for name in NAMED)


def test_all_of_them_are_compiled_where_that_is_expected_and_none_elsewhere() -> None:
    modules = [import_module(name.removesuffix(".py").replace("/", ".")) for name in NAMED]
    compiled = [str(one.__file__).endswith(tuple(EXTENSION_SUFFIXES)) for one in modules]

    assert compiled == [os.environ.get("EXPECT_COMPILED") == "1"] * len(NAMED)
