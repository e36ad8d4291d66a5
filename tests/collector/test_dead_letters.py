"""What no ledger takes: kept with every reason, listed, shown without what it says, put back, dropped."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest

from otel_costing_collector.dead_letters import DEAD_LETTERS, DeadLetters, Refusal
from otel_costing_collector.replays import take_in_replays
from otel_costing_collector.spool import Spool
from otel_costing_collector.spool_record import Encoding, Kind, SpooledRequest
from tests.cli.conftest import Command, command
from tests.collector.bench import Bench, calls
from tests.collector.conftest import Start
from tests.collector.exports import logs

__all__ = ["command"]  # a fixture of another package
RECEIVED_NS = 1_795_348_800_123_456_789


def letter(number: int, body: bytes = b"x", kind: Kind = Kind.TRACES) -> SpooledRequest:
    return SpooledRequest(number, RECEIVED_NS, kind, Encoding.PROTOBUF, "token:abc", body)


@pytest.fixture
def kept(tmp_path: Path) -> DeadLetters:
    return DeadLetters(tmp_path / DEAD_LETTERS)


def test_a_request_with_several_poison_spans_keeps_every_reason_once(kept: DeadLetters) -> None:
    for reason, span in (
        ("too wide", ("t", "1")),
        ("too deep", ("t", "2")),
        ("too wide", ("t", "1")),
    ):
        kept.put(letter(7), reason, span)

    (one,) = kept.list()
    assert one.refusals == (Refusal("too wide", "t", "1"), Refusal("too deep", "t", "2"))
    assert (one.number, one.received_ns, one.sender) == (7, RECEIVED_NS, "token:abc")
    assert kept.request(7) == letter(7)


def test_they_are_listed_in_the_order_of_receipt_and_gone_once_removed(kept: DeadLetters) -> None:
    for number in (11, 2, 100):
        kept.put(letter(number), "why")
    assert [one.number for one in kept.list()] == [2, 11, 100]

    kept.remove(11)

    assert [one.number for one in kept.list()] == [2, 100]
    assert kept.request(11) is None
    assert kept.count() == 2


def test_a_directory_that_was_never_needed_holds_none(kept: DeadLetters) -> None:
    assert (list(kept.list()), kept.count(), kept.asked()) == ([], 0, ())


def test_a_replay_is_in_the_spool_as_it_was_received_before_the_letter_goes(
    kept: DeadLetters, tmp_path: Path
) -> None:
    kept.put(letter(3, b"body"), "why")
    kept.ask_replay(3)
    spool = Spool(tmp_path / "spool", 2**20)

    take_in_replays(kept, spool)
    take_in_replays(kept, spool)
    (spooled,) = spool.unbooked()
    spool.close()

    assert spooled._replace(id=3) == letter(3, b"body")
    assert kept.count() == 0


def test_where_the_spool_is_full_a_replay_waits(kept: DeadLetters, tmp_path: Path) -> None:
    kept.put(letter(3, bytes(2000)), "why")
    kept.ask_replay(3)
    spool = Spool(tmp_path / "spool", 1000)

    take_in_replays(kept, spool)
    spool.close()

    assert kept.asked() == (3,)
    assert kept.request(3) is not None


def test_a_letter_whose_record_is_damaged_stays_and_is_not_put_back(
    kept: DeadLetters, tmp_path: Path
) -> None:
    kept.put(letter(3), "why")
    (file,) = (tmp_path / DEAD_LETTERS).glob("*.request")
    file.write_bytes(file.read_bytes()[:-1])
    kept.ask_replay(3)
    spool = Spool(tmp_path / "spool", 2**20)

    take_in_replays(kept, spool)

    assert spool.unbooked() == []
    spool.close()
    assert kept.asked() == ()
    assert kept.count() == 1


def test_poison_in_several_spans_is_told_apart_and_a_replay_books_what_is_well_by_then(
    bench: Bench,
) -> None:
    poison = {(3).to_bytes(8).hex(), (5).to_bytes(8).hex()}
    bench.ledger.refuses_spans = poison
    number = bench.put(calls(3, 4, 5, 6))
    bench.begin()
    bench.until_empty()
    assert bench.ask("SELECT count() FROM ledger") == [(2,)]
    (one,) = bench.dead_letters.list()
    assert {refusal.span_id for refusal in one.refusals} == poison

    bench.ledger.refuses_spans = set()
    bench.dead_letters.ask_replay(number)
    take_in_replays(bench.dead_letters, bench.spool)
    bench.until_empty()

    assert bench.ask("SELECT count(), uniqExact(span_id) FROM ledger") == [(4, 4)]
    assert bench.dead_letters.count() == 0
    assert bench.telemetry.registry.get_sample_value("otel_costing_duplicate_calls_total") == 2


def test_a_span_that_is_refused_again_comes_back_under_a_new_number(bench: Bench) -> None:
    bench.ledger.refuses_spans = {(3).to_bytes(8).hex()}
    first = bench.put(calls(3))
    bench.begin()
    bench.until_empty()
    bench.dead_letters.ask_replay(first)
    take_in_replays(bench.dead_letters, bench.spool)
    bench.until_empty()

    (again,) = bench.dead_letters.list()
    assert again.number > first


def test_while_the_disk_takes_no_dead_letter_its_request_stays_in_the_spool(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = OSError(errno.ENOSPC, "No space left on device")

    def refuse(*_: object) -> None:
        raise full

    monkeypatch.setattr("otel_costing_collector.dead_letters.os.fsync", refuse)
    bench.put(b"\xff no request at all")
    booking = bench.begin()
    bench.until(lambda: booking.failing() != "")
    assert "No space left" in booking.failing()
    assert bench.spool.state().requests == 1

    monkeypatch.undo()
    bench.until_empty()
    assert bench.dead_letters.count() == 1
    bench.until(lambda: booking.failing() == "")


def test_a_stop_while_the_disk_takes_no_dead_letter_leaves_its_request_in_the_spool(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("otel_costing_collector.dead_letters.os.fsync", refuse)
    bench.put(b"\xff no request at all")
    booking = bench.begin()
    bench.until(lambda: booking.failing() != "")

    assert booking.stop(20)
    assert bench.spool.state().requests == 1


def test_a_running_collector_takes_in_what_is_asked_beside_it(
    start: Start, command: Command
) -> None:
    collector = start()
    spool = str(collector.directory)
    body = calls(1)
    DeadLetters(collector.directory / DEAD_LETTERS).put(letter(3, body), "why")
    assert collector.counted("dead_letters") == 1

    answer = command("collect", "dead-letters", "replay", "--all", "--spool", spool)

    assert (answer.status, answer.out) == (
        0,
        "1 will be put back by the collector that holds the spool.\n",
    )
    assert collector.service.spool.wait_for_more(-1, 20)
    assert collector.spooled() == [body]
    collector.until(lambda: collector.counted("replayed_requests_total") == 1)
    assert collector.counted("dead_letters") == 0


def test_the_list_tells_number_receipt_sender_span_and_reason(
    kept: DeadLetters, tmp_path: Path, command: Command
) -> None:
    kept.put(letter(7), "=too wide", ("a" * 32, "b" * 16))
    kept.put(letter(7), "too deep [bold]")
    listed = ("collect", "dead-letters", "list", "--spool", str(tmp_path))

    shown = command(*listed).out
    assert "token:abc" in shown
    assert "too deep [bold]" in " ".join(shown.split())
    assert command(*listed, "--format", "csv").out.splitlines() == [
        "number,received_at,sender,trace_id,span_id,reason,replay_asked",
        f"7,2026-11-22T12:00:00Z,token:abc,{'a' * 32},{'b' * 16},'=too wide,False",
        "7,2026-11-22T12:00:00Z,token:abc,,,too deep [bold],False",
    ]
    (one,) = command(*listed, "--format", "json").document["dead_letters"]
    assert one["refusals"][1] == {"reason": "too deep [bold]", "trace_id": None, "span_id": None}


def test_without_any_the_list_says_so(tmp_path: Path, command: Command) -> None:
    answer = command("collect", "dead-letters", "list", "--spool", str(tmp_path))
    assert (answer.status, answer.out) == (0, "There are none.\n")


def test_show_tells_what_a_request_is_about_and_what_it_says_only_when_asked(
    kept: DeadLetters, tmp_path: Path, command: Command
) -> None:
    kept.put(letter(7, calls(1, 2)), "why")
    shown = ("collect", "dead-letters", "show", "7", "--spool", str(tmp_path))

    brief = command(*shown)
    assert [span["span_id"] for span in brief.document["spans"]] == [f"{n:016x}" for n in (1, 2)]
    assert brief.document["spans"][0]["name"] == "chat gpt-4o"
    assert brief.document["kind"] == "traces"
    assert "gen_ai" not in brief.out
    full = command(*shown, "--attributes").document
    assert full["spans"][0]["attributes"]["gen_ai.usage.input_tokens"] == 1000


@pytest.mark.parametrize(
    ("request_of", "unread"),
    [(letter(7, b"\xff"), "protobuf"), (letter(7, logs("x"), Kind.LOGS), "logs")],
)
def test_show_says_what_cannot_be_read(
    kept: DeadLetters, tmp_path: Path, command: Command, request_of: SpooledRequest, unread: str
) -> None:
    kept.put(request_of, "why")
    document = command("collect", "dead-letters", "show", "7", "--spool", str(tmp_path)).document

    assert document["spans"] is None
    assert unread in document["unread"]


def test_drop_deletes_one_for_good(kept: DeadLetters, tmp_path: Path, command: Command) -> None:
    kept.put(letter(7), "why")
    kept.put(letter(8), "why")

    assert command("collect", "dead-letters", "drop", "7", "--spool", str(tmp_path)).status == 0
    assert [one.number for one in kept.list()] == [8]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show", "9"), "There is no dead letter 9"),
        (("drop", "9"), "There is no dead letter 9"),
        (("replay", "9"), "There is no dead letter 9"),
        (("replay",), "Name the number of one dead letter, or say --all."),
        (("replay", "9", "--all"), "Name the number of one dead letter, or say --all."),
    ],
)
def test_what_cannot_be_meant_is_said_in_one_sentence(
    tmp_path: Path, command: Command, arguments: tuple[str, ...], said: str
) -> None:
    answer = command("collect", "dead-letters", *arguments, "--spool", str(tmp_path))

    assert answer.status == 2
    assert said in answer.err


def test_whose_they_are_may_stand_in_the_settings(
    kept: DeadLetters, tmp_path: Path, command: Command
) -> None:
    kept.put(letter(7), "why")
    file = tmp_path / "collector.yaml"
    file.write_text(f"spool:\n  directory: {tmp_path}\ntokens:\n  file: /nowhere\n")
    setting = f"spool.directory={tmp_path}"
    listed = ("dead-letters", "list", "--format", "json")

    for answer in (
        command("collect", *listed, "--config", str(file)),
        command("collect", "--config", str(file), *listed),
        command("collect", "--set", setting, *listed),
    ):
        assert [one["number"] for one in json.loads(answer.out)["dead_letters"]] == [7]
    assert command("collect", "--set", "spool.directory=/nowhere/at/all", *listed).status == 2


def test_a_number_that_a_new_spool_gives_again_overwrites_no_letter(kept: DeadLetters) -> None:
    kept.put(letter(0, b"first"), "bad")
    kept.put(letter(0, b"second"), "worse")

    bodies = {request.body for one in kept.list() if (request := kept.request(one.number))}
    assert bodies == {b"first", b"second"}
