"""What `compose.yaml` starts: nothing that other machines reach, nothing unpinned, no secret in a file."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml

from dashboards.generate import documents
from tests.deploy.sql_files import DEPLOY
from tests.peers.stock import SHIPPED

FILE = DEPLOY / "compose.yaml"
DOCUMENT: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = DOCUMENT["services"]
EXAMPLE = (DEPLOY / "example.env").read_text(encoding="utf-8")
VARIABLES = set(re.findall(r"\$\{(\w+)", FILE.read_text(encoding="utf-8")))
OF_IMAGES_WITHOUT_A_SHELL = {"otelcol"}
each_service = pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)


@each_service
def test_an_image_is_of_one_version(service: dict[str, Any]) -> None:
    assert re.fullmatch(r"[a-z0-9/-]+:\d+\.\d+(\.\d+)?", service["image"])


@each_service
def test_only_this_machine_reaches_what_is_published(service: dict[str, Any]) -> None:
    assert all(re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port) for port in service.get("ports", ()))


def test_no_two_services_publish_one_port() -> None:
    published = [port.split(":")[1] for one in SERVICES.values() for port in one.get("ports", ())]

    assert len(published) == len(set(published))


@each_service
def test_every_secret_comes_from_the_environment_and_must_be_said(service: dict[str, Any]) -> None:
    secrets = {
        name: str(value)
        for name, value in service["environment"].items()
        if re.search("PASSWORD|TOKEN|DSN", name)
        and name != "OTEL_COSTING_COLLECTOR_TOKENS_VARIABLE"
    }

    assert all(re.search(r"\$\{\w+:\?", value) for value in secrets.values())


def test_the_example_names_every_variable_and_says_none() -> None:
    assert set(re.findall(r"^(\w+)=$", EXAMPLE, re.MULTILINE)) == VARIABLES
    assert not re.search(r"^\w+=.", EXAMPLE, re.MULTILINE)


def test_what_is_waited_for_says_when_it_is_well() -> None:
    """The image of our own says it itself."""
    for service in SERVICES.values():
        for name, waited in service.get("depends_on", {}).items():
            assert waited["condition"] == "service_healthy"
            assert "healthcheck" in SERVICES[name] or "build" in SERVICES[name]


def test_every_service_is_looked_after() -> None:
    unhealthy = {
        name for name, one in SERVICES.items() if not ("healthcheck" in one or "build" in one)
    }

    assert unhealthy == OF_IMAGES_WITHOUT_A_SHELL
    assert {one["restart"] for one in SERVICES.values()} == {"unless-stopped"}


@each_service
def test_what_is_mounted_is_there_and_cannot_be_changed(service: dict[str, Any]) -> None:
    for volume in service["volumes"]:
        source, _, target = volume.partition(":")
        if source.startswith("."):
            assert (DEPLOY / source).exists()
            assert target.endswith(":ro")
        else:
            assert source in DOCUMENT["volumes"]


def test_the_stock_collector_is_told_all_that_its_configuration_asks_for() -> None:
    service = SERVICES["otelcol"]
    (shipped,) = (path for path in SHIPPED if path.name in str(service["command"]))
    asked = set(re.findall(r"\$\{env:(\w+)", shipped.read_text(encoding="utf-8")))

    assert asked == service["environment"].keys()


def test_the_users_that_are_made_have_roles_that_there_are() -> None:
    access = (DEPLOY / "clickhouse" / "access.sql").read_text(encoding="utf-8")
    made = (DEPLOY / "clickhouse" / "users.sh").read_text(encoding="utf-8")
    users = dict(re.findall(r"^make_user (\w+) .* (\w+)$", made, re.MULTILINE))

    assert all(f"CREATE ROLE IF NOT EXISTS {role} " in access for role in users.values())
    assert users.keys() == {"collector", "grafana"}
    assert SERVICES["grafana"]["environment"]["OTEL_COSTING_SQL_USER"] == "grafana"
    assert "://collector:" in SERVICES["otel-costing"]["environment"]["OTEL_COSTING_DSN"]


def provisioned(kind: str) -> dict[str, Any]:
    """Return the one file that Grafana finds at the place where it looks for such files."""
    (mounted,) = (
        DEPLOY / source
        for source, target, _ in (one.split(":") for one in GRAFANA["volumes"] if one[0] == ".")
        if target == f"/etc/grafana/provisioning/{kind}"
    )
    (file,) = mounted.iterdir()
    said: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return said


GRAFANA = SERVICES["grafana"]


def test_grafana_knows_the_ledger_by_a_user_that_reads() -> None:
    (source,) = provisioned("datasources")["datasources"]
    asked = {*source["jsonData"].values(), *source["secureJsonData"].values()}
    variables = {one.removeprefix("$") for one in asked if str(one).startswith("$")}

    assert source["type"] == "grafana-clickhouse-datasource"
    assert variables == {one for one in GRAFANA["environment"] if one.startswith("OTEL_COSTING_")}
    assert GRAFANA["environment"]["OTEL_COSTING_SQL_HOST"] in SERVICES


def test_grafana_finds_the_dashboards_where_its_provider_looks() -> None:
    (provider,) = provisioned("dashboards")["providers"]
    (folder,) = (
        one.split(":")[0] for one in GRAFANA["volumes"] if f":{provider['options']['path']}:" in one
    )

    assert {path.name for path in (DEPLOY / folder).iterdir()} == documents().keys()


def test_alert_rules_ask_the_data_source_that_is_provisioned() -> None:
    (source,) = provisioned("datasources")["datasources"]
    (group,) = provisioned("alerting")["groups"]

    asked = {step["datasourceUid"] for rule in group["rules"] for step in rule["data"]}
    assert asked == {source["uid"], "__expr__"}


def test_the_script_is_one_that_the_shell_reads() -> None:
    script = DEPLOY / "clickhouse" / "users.sh"

    assert os.access(script, os.X_OK)
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0


@pytest.fixture(scope="session")
def compose() -> list[str]:
    """The program that reads such files, where it is installed; it needs no daemon for that."""
    plugin = ["docker", "compose"]
    if (
        shutil.which("docker")
        and not subprocess.run([*plugin, "version"], capture_output=True, check=False).returncode
    ):
        return plugin
    pytest.skip("docker has no compose here")


def test_compose_itself_reads_it(compose: list[str]) -> None:
    said = dict.fromkeys(VARIABLES, "a-value-of-the-tests")
    read = subprocess.run(
        [*compose, "--file", FILE, "config", "--quiet"],
        env={**os.environ, **said},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert (read.returncode, read.stderr) == (0, "")
