"""Settings: file, environment and command line, in that order, and every mistake with its place."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from otel_costing_collector.addresses import Address, address_of
from otel_costing_collector.config import Config
from otel_costing_collector.settings import READERS, Loaded, load, variable_of

README = Path(__file__).parents[2] / "collector" / "README.md"
EXAMPLE = """\
grpc:
  address: 127.0.0.1:14317
http:
  address: "[::1]:14318"
spool:
  directory: /var/lib/otel-costing/spool
  max_bytes: 16 GiB
limits:
  body_seconds: 2.5
"""


def loaded(file: Path | None = None, **rest: object) -> Config:
    result = load(file, **{"environment": {}, **rest})  # type: ignore[arg-type]  # the tests' own
    assert isinstance(result, Loaded), result
    return result.config


def problems(file: Path | None = None, **rest: object) -> list[str]:
    result = load(file, **{"environment": {}, **rest})  # type: ignore[arg-type]  # the tests' own
    assert isinstance(result, list)
    return [str(problem) for problem in result]


def test_without_anything_the_defaults_hold_and_are_without_a_mistake() -> None:
    assert Config() == loaded()


def test_a_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "collector.yaml"
    file.write_text(EXAMPLE)

    config = loaded(file)

    assert Address("127.0.0.1", 14317) == config.grpc_address
    assert Address("::1", 14318) == config.http_address
    assert (config.spool_max_bytes, config.limits_body_seconds) == (16 * 2**30, 2.5)
    assert Path("/var/lib/otel-costing/spool") == config.spool_directory


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "collector.yaml"
    file.write_text(EXAMPLE)
    environment = {
        "OTEL_COSTING_COLLECTOR_GRPC_ADDRESS": "127.0.0.1:2",
        "OTEL_COSTING_COLLECTOR_HTTP_ADDRESS": "127.0.0.1:3",
        "HOME": "/elsewhere",
    }

    config = loaded(file, environment=environment, options=["http.address=127.0.0.1:4"])

    assert (config.grpc_address.port, config.http_address.port) == (2, 4)
    assert config.limits_body_seconds == 2.5


def test_every_mistake_is_told_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "collector.yaml"
    file.write_text("grpc: 4317\nlimits:\n  body_seconds: [1]\n  colour: red\n  request_bytes: 0\n")
    environment = {
        "OTEL_COSTING_COLLECTOR_SPOOL_MAX_BYTES": "8 GB",
        "OTEL_COSTING_COLLECTOR_COLOUR": "red",
    }

    said = problems(file, environment=environment, options=["http.address=:1", "colour"])

    assert [
        f"{file}:1",
        f"{file}:4",
        f"{file}:3",
        "OTEL_COSTING_COLLECTOR_COLOUR",
        "--set",
        f"{file}:5",
        "OTEL_COSTING_COLLECTOR_SPOOL_MAX_BYTES",
        "--set http.address",
    ] == [line.split(": ")[0] for line in said]


def test_a_setting_that_is_misspelled_is_told_the_one_that_was_meant() -> None:
    variable = "OTEL_COSTING_COLLECTOR_HTTP_ADDRES"
    told = problems(environment={variable: "x"}, options=["http.adress=x", "what"])

    assert told[:2] == [
        f"{variable}: is no setting; closest: {variable}S",
        "--set: 'http.adress=x' is no SETTING=VALUE; closest: http.address",
    ]
    assert told[2].startswith("--set: 'what' is no SETTING=VALUE; settings are grpc.address, ")


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["limits.request_bytes=1 GiB"], "limits.request_bytes"),
        (["limits.in_flight_bytes=1 MiB"], "limits.in_flight_bytes"),
        (["spool.max_bytes=1 MiB"], "spool.max_bytes"),
        ([f"spool.directory={__file__}"], "spool.directory"),
        (["tls.certificate=/none.pem"], "tls"),
        (["tls.certificate=/none.pem", "tls.key=/none.pem"], "tls"),
        (["tokens.file=/none"], "/none"),
        (["tokens.variable=NO_SUCH_VARIABLE"], "NO_SUCH_VARIABLE"),
    ],
)
def test_values_that_cannot_be_together_are_told(options: list[str], named: str) -> None:
    said = problems(options=options)

    assert any(named in line for line in said)


def test_tokens_come_from_the_environment_and_none_is_ever_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SENDERS", "a-token-long-enough, short")

    said = problems(options=["tokens.variable=SENDERS"])

    assert [line.split(": ")[0] for line in said] == ["SENDERS"]
    assert "short" not in said[0].partition(": ")[2]


@pytest.mark.parametrize(
    "text", ["", "4317", "localhost", "a.b:1", "127.0.0.1:65536", "::1:1", "[::1]", "127.0.0.1:x"]
)
def test_an_address_is_a_number_and_a_port(text: str) -> None:
    with pytest.raises(ValueError, match="address"):
        address_of(text)


@pytest.mark.parametrize("text", ["127.0.0.1:1", "127.1.2.3:1", "[::1]:1", "localhost:1"])
def test_a_loopback_is_known_as_one_and_written_as_it_was_read(text: str) -> None:
    assert address_of(text).is_loopback
    assert text == str(address_of(text))


def test_every_field_has_a_setting_and_every_setting_is_documented() -> None:
    readme = README.read_text(encoding="utf-8")

    assert {field.name for field in fields(Config)} - {"insecure"} == {
        name.replace(".", "_") for name in READERS
    }
    assert [name for name in READERS if f"`{name}`" not in readme] == []
    assert variable_of("grpc.address") in readme


@pytest.mark.parametrize("text", ["off", ""])
def test_the_door_for_questions_in_sql_can_be_closed(text: str) -> None:
    assert loaded().sql_address == Address("127.0.0.1", 8123)
    assert loaded(options=[f"sql.address={text}"]).sql_address is None


def test_the_door_for_questions_in_sql_asks_for_a_token_where_others_reach_it() -> None:
    said = problems(options=["sql.address=0.0.0.0:8123", "sql.max_queries=0"])

    assert [line.split(" ")[0] for line in said] == ["--set", "--set"]
    assert any("asks for no token" in line for line in said)


def test_which_skeletons_are_kept_is_one_of_three_words(tmp_path: Path) -> None:
    file = tmp_path / "collector.yaml"
    file.write_text("store:\n  spans: genai\n")
    assert loaded(file).store_spans == "genai"

    file.write_text("store:\n  spans: some\n")
    assert problems(file) == [f"{file}:2: store.spans is one of all, genai, none, not 'some'"]
