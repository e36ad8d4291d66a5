"""The collector under systemd and in Kubernetes: what both are told is what it understands, and what the image does."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest
import yaml

from otel_costing_collector.settings import Loaded, load
from tests.deploy.sql_files import DEPLOY
from tests.deploy.test_containerfile import environment, said

STATE = "/var/lib/otel-costing"


def unit() -> dict[str, list[str]]:
    """What each key of the unit is told, in order."""
    told: defaultdict[str, list[str]] = defaultdict(list)
    for line in (DEPLOY / "otel-costing.service").read_text("utf-8").splitlines():
        key, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            told[key].append(value)
    return told


def of_kind(kind: str) -> dict[str, Any]:
    documents = yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text("utf-8"))
    (found,) = (one for one in documents if one["kind"] == kind)
    assert isinstance(found, dict)
    return found


def pod() -> dict[str, Any]:
    spec: dict[str, Any] = of_kind("StatefulSet")["spec"]["template"]["spec"]
    return spec


def test_systemd_s_collector_keeps_all_that_it_has_in_its_state_directory() -> None:
    variables = dict(one.split("=", 1) for one in unit()["Environment"])
    loaded = load(None, environment=variables, options=(), insecure=False)

    assert isinstance(loaded, Loaded)
    assert f"/var/lib/{unit()['StateDirectory'][0]}" == STATE
    assert loaded.config.store_dsn == f"chdb://{STATE}/ledger"
    assert str(loaded.config.spool_directory) == f"{STATE}/spool"
    assert unit()["StateDirectoryMode"] == ["0700"]


def test_systemd_does_not_start_again_what_refuses_its_configuration() -> None:
    assert unit()["RestartPreventExitStatus"] == ["2"]
    assert unit()["ExecStart"][0].endswith("/otel-costing collect")
    assert unit()["ExecReload"] == ["/bin/kill -HUP $MAINPID"]


def test_kubernetes_settings_are_ones_that_the_collector_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The doors ask for the secret's token; only the administration is open to the node."""
    (container,) = pod()["containers"]
    monkeypatch.setenv("COLLECTOR_TOKENS", "a-token-of-the-tests")
    told = {one["name"]: one["value"] for one in container["env"] if "value" in one}
    loaded = load(None, environment={**environment(), **told}, options=(), insecure=True)

    assert container["args"] == ["--insecure"]
    assert isinstance(loaded, Loaded)
    assert loaded.tokens
    ports = {one["name"]: one["containerPort"] for one in container["ports"]}
    config = loaded.config
    assert ports == {
        "grpc": config.grpc_address.port,
        "http": config.http_address.port,
        "admin": config.admin_address.port,
    }


def test_kubernetes_runs_the_image_s_user_on_the_image_s_volume() -> None:
    (container,) = pod()["containers"]
    user, group = map(int, said("USER")[0].split(":"))
    kept = {one["mountPath"] for one in container["volumeMounts"]}
    context = pod()["securityContext"]

    assert (context["runAsUser"], context["fsGroup"]) == (user, group)
    assert said("VOLUME")[0] in kept
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert of_kind("StatefulSet")["spec"]["replicas"] == 1


def test_kubernetes_finds_the_pods_and_their_doors() -> None:
    stateful, service = of_kind("StatefulSet"), of_kind("Service")
    labels = stateful["spec"]["template"]["metadata"]["labels"]
    (container,) = pod()["containers"]
    named = {one["name"] for one in container["ports"]}

    assert labels == service["spec"]["selector"] == stateful["spec"]["selector"]["matchLabels"]
    assert stateful["spec"]["serviceName"] == service["metadata"]["name"]
    assert {one["targetPort"] for one in service["spec"]["ports"]} == {"grpc", "http"} < named
