"""Who may send, and over what: tokens, certificates, addresses that others can reach."""

from __future__ import annotations

import ssl
from pathlib import Path

import grpc
import pytest
import trustme

from otel_costing_collector.identities import ANYBODY
from otel_costing_collector.refusals import Refused
from otel_costing_collector.settings import Loaded, load
from otel_costing_collector.tokens import Tokens
from tests.collector.conftest import Start
from tests.collector.exports import traces
from tests.collector.running import PROTOBUF, TRACE_METHOD, Running
from tests.collector.token_files import admitting

ONE, TWO = "first-token-of-the-gateway", "second-token-of-the-gateway"


@pytest.fixture
def guarded(start: Start, tmp_path: Path) -> Running:
    lines = [admitting(ONE, name="gateway"), admitting(TWO, name="gateway")]
    (tmp_path / "tokens").write_text("".join(lines))
    return start(f"tokens.file={tmp_path / 'tokens'}")


@pytest.mark.parametrize("token", [ONE, TWO])
def test_every_token_is_admitted_at_both_doors_and_the_sender_known(
    guarded: Running, token: str
) -> None:
    http = guarded.request(body=traces(), content_type=PROTOBUF, authorization=f"Bearer {token}")
    guarded.export(traces(), metadata=(("authorization", f"bearer {token}"),))

    senders = {request.sender for request in guarded.service.spool.unbooked()}
    assert http.status == 200
    assert senders == {"gateway"}


@pytest.mark.parametrize(
    "header", ["", "Bearer", f"Bearer {ONE}x", f"Bearer {ONE[:-1]}", f"Basic {ONE}", ONE]
)
def test_anything_else_is_refused_before_its_body_is_read(guarded: Running, header: str) -> None:
    reply = guarded.request(body=traces(), content_type=PROTOBUF, authorization=header)
    with pytest.raises(grpc.RpcError) as refused:
        guarded.export(traces(), metadata=(("authorization", header),))

    assert (reply.status, reply.headers["www-authenticate"]) == (401, 'Bearer realm="otel-costing"')
    assert grpc.StatusCode.UNAUTHENTICATED is refused.value.code()
    assert guarded.spooled() == []


def test_without_tokens_everyone_is_nobody() -> None:
    assert Tokens().identity_of(None) == ANYBODY


def test_every_token_is_compared_whatever_matches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the time would tell which one was close."""
    compared = []

    def equal(one: bytes, other: bytes) -> bool:
        compared.append(other)
        return one == other

    tokens = Tokens((ONE, TWO))
    monkeypatch.setattr("otel_costing_collector.tokens.hmac.compare_digest", equal)

    tokens.identity_of(f"Bearer {ONE}")
    with pytest.raises(Refused):
        tokens.identity_of("Bearer wrong")

    # This machine's own and both others, each time.
    assert len(compared) == 6


def certificate(directory: Path, authority: trustme.CA) -> list[str]:
    issued = authority.issue_cert("localhost", "127.0.0.1")
    issued.private_key_pem.write_to_path(directory / "key.pem")
    issued.cert_chain_pems[0].write_to_path(directory / "certificate.pem")
    return [
        f"tls.certificate={directory / 'certificate.pem'}",
        f"tls.key={directory / 'key.pem'}",
    ]


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def secure_export(collector: Running, authority: trustme.CA) -> bytes:
    credentials = grpc.ssl_channel_credentials(authority.cert_pem.bytes())
    with grpc.secure_channel(f"127.0.0.1:{collector.ports.grpc}", credentials) as channel:
        call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(TRACE_METHOD)
        return call(traces(), timeout=5)


def test_a_new_certificate_is_served_after_a_reload_without_a_restart(
    start: Start, tmp_path: Path
) -> None:
    old, new = trustme.CA(), trustme.CA()
    settings = certificate(tmp_path, old)
    collector = start(*settings)
    assert collector.request(tls=trusting(old), content_type=PROTOBUF).status == 200
    assert secure_export(collector, old) == b""

    certificate(tmp_path, new)
    collector.call(collector.service.reload, lambda: again(collector, settings))

    assert collector.request(tls=trusting(new), content_type=PROTOBUF).status == 200
    assert secure_export(collector, new) == b""
    with pytest.raises(ssl.SSLCertVerificationError):
        collector.request(tls=trusting(old), content_type=PROTOBUF)


def again(collector: Running, settings: list[str]) -> object:
    same = [
        "grpc.address=127.0.0.1:0",
        "http.address=127.0.0.1:0",
        "admin.address=127.0.0.1:0",
        f"spool.directory={collector.directory}",
    ]
    return load(None, environment={}, options=[*same, *settings])


def test_a_broken_certificate_is_said_and_the_old_one_stays(
    start: Start, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    authority = trustme.CA()
    settings = certificate(tmp_path, authority)
    collector = start(*settings)
    (tmp_path / "certificate.pem").write_text("no certificate")

    collector.call(collector.service.reload, lambda: again(collector, settings))

    assert collector.request(tls=trusting(authority), content_type=PROTOBUF).status == 200
    assert collector.counted("reloads_total", outcome="refused") == 1
    assert "the old configuration stays in use" in caplog.text


def test_tokens_change_with_a_reload_and_a_bad_file_changes_nothing(
    guarded: Running, tmp_path: Path
) -> None:
    settings = [f"tokens.file={tmp_path / 'tokens'}"]
    (tmp_path / "tokens").write_text("short\n")
    guarded.call(guarded.service.reload, lambda: again(guarded, settings))
    assert guarded.request(content_type=PROTOBUF, authorization=f"Bearer {ONE}").status == 200

    (tmp_path / "tokens").write_text(admitting(TWO))
    guarded.call(guarded.service.reload, lambda: again(guarded, settings))
    assert guarded.request(content_type=PROTOBUF, authorization=f"Bearer {ONE}").status == 401
    assert guarded.request(content_type=PROTOBUF, authorization=f"Bearer {TWO}").status == 200


@pytest.mark.parametrize("door", ["grpc", "http", "admin"])
@pytest.mark.parametrize("host", ["0.0.0.0", "[::]", "192.0.2.1"])  # noqa: S104 - what must be refused
def test_an_address_others_can_reach_needs_a_token_or_the_word_insecure(
    door: str, host: str
) -> None:
    options = [f"{door}.address={host}:4317", "spool.directory=/tmp/none"]

    refused = load(None, environment={}, options=options)
    allowed = load(None, environment={}, options=options, insecure=True)

    assert isinstance(refused, list)
    assert [f"--set {door}.address"] == [problem.place for problem in refused]
    assert "--insecure" in refused[0].what
    assert isinstance(allowed, Loaded)


def test_with_a_token_the_doors_may_be_open_but_not_the_administration(tmp_path: Path) -> None:
    (tmp_path / "tokens").write_text(admitting(ONE))
    options = [f"tokens.file={tmp_path / 'tokens'}"]
    everywhere = "0.0.0.0:1"

    doors = load(None, environment={}, options=[*options, f"http.address={everywhere}"])
    admin = load(None, environment={}, options=[*options, f"admin.address={everywhere}"])

    assert isinstance(doors, Loaded)
    assert isinstance(admin, list)
