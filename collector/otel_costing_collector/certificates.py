"""The server's certificate: read from files, and again when told, without a connection being dropped."""

from __future__ import annotations

import ssl
from pathlib import Path

import grpc

from otel_costing.problems import Problem


class Certificates:
    """One certificate and key for both doors; connections that are open keep what they began with."""

    def __init__(self, certificate: Path, key: Path) -> None:
        """Read both files.

        Raises:
            OSError: one cannot be read, or they do not belong together (`ssl.SSLError`).
        """
        self._certificate, self._key = certificate, key
        self.context = _context(certificate, key)
        self._pair = (key.read_bytes(), certificate.read_bytes())

    def reload(self, certificate: Path, key: Path) -> None:
        """Use what the files hold now, from the next connection on.

        Raises:
            OSError: as at the start; the old pair stays in use.
        """
        _context(certificate, key)
        self.context.load_cert_chain(certificate, key)
        self._pair = (key.read_bytes(), certificate.read_bytes())

    def grpc_credentials(self) -> grpc.ServerCredentials:
        """Return credentials that ask for the current pair at every new connection."""
        return grpc.dynamic_ssl_server_credentials(self._grpc_pair(), self._grpc_pair)

    def _grpc_pair(self) -> grpc.ServerCertificateConfiguration:
        return grpc.ssl_server_certificate_configuration([self._pair])


def certificate_problems(certificate: str, key: str) -> list[Problem]:
    """Return why these files cannot serve; nothing where both are empty."""
    if not certificate and not key:
        return []
    if not certificate or not key:
        return [Problem("tls", "needs both `certificate` and `key`, paths of PEM files")]
    try:
        _context(Path(certificate), Path(key))
    except OSError as error:
        return [Problem("tls", f"{certificate} and {key} cannot serve: {_cause(error)}")]
    return []


def _cause(error: OSError) -> str:
    # An SSLError has no file name, and its words name no secret.
    return f"{error.strerror}" if error.filename is None else f"{error.filename}: {error.strerror}"


def _context(certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # An encrypted key would ask for its password on a terminal that is not there.
    context.load_cert_chain(certificate, key, password="")
    context.set_alpn_protocols(["http/1.1"])
    return context
