"""The image: who it runs as, what gets into it, and that it is told what the collector understands."""

from __future__ import annotations

import ast
import re
import tomllib
from fnmatch import fnmatch
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from otel_costing_collector.settings import Loaded, load
from tests.deploy.sql_files import DEPLOY

ROOT = Path(__file__).parents[2]
TEXT = re.sub(r"\\\n\s*", "", (DEPLOY / "Containerfile").read_text(encoding="utf-8"))
STEPS = [line.split(maxsplit=1) for line in TEXT.splitlines() if line and not line.startswith("#")]
STAGES = [index for index, (step, _) in enumerate(STEPS) if step == "FROM"]
LAST = STEPS[STAGES[-1] :]
ALLOWED = [
    line.removeprefix("!")
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    if line.startswith("!")
]


def said(step: str, of: list[list[str]] = LAST) -> list[str]:
    return [rest for name, rest in of if name == step]


def environment() -> dict[str, str]:
    (text,) = said("ENV")
    return dict(pair.split("=", 1) for pair in text.split())


def test_it_is_made_in_stages_of_one_pinned_image() -> None:
    images = {rest.split(" AS ")[0] for rest in said("FROM", STEPS)}

    assert len(STAGES) == 2
    assert len(images) == 1
    assert re.fullmatch(r"python:3\.12\.\d+-slim-\w+", images.pop())


def test_it_runs_as_nobody_who_may_do_more() -> None:
    (user,) = said("USER")

    assert re.fullmatch(r"\d{5}:\d{5}", user)
    assert LAST.index(["USER", user]) > max(
        index for index, (step, _) in enumerate(LAST) if step in {"RUN", "COPY"}
    )


def test_it_starts_without_a_shell_and_is_stopped_as_the_collector_expects() -> None:
    assert said("ENTRYPOINT") == ['["otel-costing", "collect"]']
    assert said("STOPSIGNAL") == ["SIGTERM"]
    assert 'CMD ["python", "-c", ' in said("HEALTHCHECK")[0]


def test_its_settings_are_ones_that_the_collector_takes_once_it_has_a_token(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    variables = environment()
    refused = load(None, environment=variables, options=(), insecure=False)
    monkeypatch.setenv("TOKENS_OF_THE_TESTS", "a-token-of-the-tests")
    told = {**variables, "OTEL_COSTING_COLLECTOR_TOKENS_VARIABLE": "TOKENS_OF_THE_TESTS"}
    loaded = load(None, environment=told, options=(), insecure=False)

    assert isinstance(refused, list)
    assert isinstance(loaded, Loaded)
    assert not loaded.config.grpc_address.is_loopback
    assert loaded.config.admin_address.is_loopback


def test_what_it_keeps_lies_in_its_volume() -> None:
    (volume,) = said("VOLUME")
    places = [
        environment()[f"OTEL_COSTING_{name}"] for name in ("COLLECTOR_SPOOL_DIRECTORY", "DSN")
    ]

    assert all(place.removeprefix("chdb://").startswith(f"{volume}/") for place in places)


def test_its_health_check_asks_where_the_collector_answers() -> None:
    address = environment()["OTEL_COSTING_COLLECTOR_ADMIN_ADDRESS"]

    assert f"http://{address}/healthz" in said("HEALTHCHECK")[0]


def test_all_that_is_copied_is_let_in_and_is_there() -> None:
    copied = {
        source
        for rest in said("COPY", STEPS)
        if not rest.startswith("--from")
        for source in rest.split()[:-1]
    }

    assert copied == set(ALLOWED)
    assert all((ROOT / source).exists() for source in copied)


def test_the_wheel_is_made_of_what_is_copied() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {*wheel["packages"], *wheel["force-include"], "pyproject.toml"}
    needed |= {project["project"]["readme"], *project["project"]["license-files"]}

    assert all(any(fnmatch(one, source) for source in ALLOWED) for one in needed)


EXTRAS = set(re.findall(r"'\.\[([\w,]+)\]'", TEXT)[0].split(","))


def test_it_installs_extras_that_there_are() -> None:
    assert project()["optional-dependencies"].keys() >= EXTRAS


def test_it_installs_all_that_the_collector_imports() -> None:
    """Not by the grace of what this environment happens to have."""
    installed = installed_by(EXTRAS)
    of_module = metadata.packages_distributions()
    imported = {
        name
        for path in (ROOT / "collector" / "otel_costing_collector").rglob("*.py")
        for name in imported_by(path)
        if name in of_module and not name.startswith("otel_costing")
    }

    missing = [
        name for name in sorted(imported) if installed.isdisjoint(map(spelled, of_module[name]))
    ]

    assert len(imported) > 5
    assert missing == []


def installed_by(extras: set[str]) -> set[str]:
    """The distributions that extras name, and those that these need."""
    named = [*project()["dependencies"]]
    asked = set(extras)
    while asked:
        for one in project()["optional-dependencies"][asked.pop()]:
            named.append(one)
            asked |= set("".join(re.findall(r"^otel-costing\[(.*)\]", one)).split(",")) - {""}
    found: set[str] = set()
    while named:
        name = spelled(re.split(r"[^\w.-]", named.pop())[0])
        if name not in found:
            found.add(name)
            named += needs_of(name)
    return found


def needs_of(name: str) -> list[str]:
    """What a distribution needs, whatever of its extras is asked for; nothing of one that is not installed here."""
    try:
        needs = metadata.requires(name) or []
    except metadata.PackageNotFoundError:
        return []
    return [one for one in needs if "extra ==" not in one]


def spelled(name: str) -> str:
    """Source: PyPA, "Names and normalization"."""
    return re.sub(r"[-_.]+", "-", name).lower()


def imported_by(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    plain = {
        one.name for node in ast.walk(tree) if isinstance(node, ast.Import) for one in node.names
    }
    parts = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    return {name.split(".")[0] for name in plain | parts}


def project() -> dict[str, Any]:
    document = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    table: dict[str, Any] = document["project"]
    return table
