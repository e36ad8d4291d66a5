"""Why a request is not accepted, and what each reason is called in HTTP and in gRPC.

Source: opentelemetry-proto `docs/specification.md`. A sender drops what is refused without `retry`, so only what
will never be accepted is: bad bytes, bad credentials, things that are not done here.
"""

from __future__ import annotations

from enum import Enum
from http import HTTPStatus

import grpc

RETRY_SECONDS = 1
"""Python's exporters give up a batch that should wait longer than the few seconds they have left."""


class Reason(Enum):
    """Each reason: its name in metrics, the HTTP status, the gRPC status, whether to send again."""

    UNDECODABLE = ("undecodable", HTTPStatus.BAD_REQUEST, grpc.StatusCode.INVALID_ARGUMENT, False)
    UNAUTHENTICATED = (
        "unauthenticated",
        HTTPStatus.UNAUTHORIZED,
        grpc.StatusCode.UNAUTHENTICATED,
        False,
    )
    FORBIDDEN = (
        "forbidden",
        HTTPStatus.FORBIDDEN,
        grpc.StatusCode.PERMISSION_DENIED,
        False,
    )
    NOT_FOUND = ("not_found", HTTPStatus.NOT_FOUND, grpc.StatusCode.UNIMPLEMENTED, False)
    WRONG_METHOD = (
        "wrong_method",
        HTTPStatus.METHOD_NOT_ALLOWED,
        grpc.StatusCode.UNIMPLEMENTED,
        False,
    )
    INVALID = (
        "invalid",
        HTTPStatus.UNPROCESSABLE_ENTITY,
        grpc.StatusCode.INVALID_ARGUMENT,
        False,
    )
    TOO_LARGE = (
        "too_large",
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        False,
    )
    UNSUPPORTED_MEDIA_TYPE = (
        "unsupported_media_type",
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        grpc.StatusCode.INVALID_ARGUMENT,
        False,
    )
    NOT_IMPLEMENTED = (
        "not_implemented",
        HTTPStatus.NOT_IMPLEMENTED,
        grpc.StatusCode.UNIMPLEMENTED,
        False,
    )
    # Nobody reads the answer; the sender sends it again.
    DISCONNECTED = ("disconnected", HTTPStatus.BAD_REQUEST, grpc.StatusCode.CANCELLED, False)
    # 408 is what HTTP calls it, but a sender drops what is answered with 408.
    TOO_SLOW = ("too_slow", HTTPStatus.SERVICE_UNAVAILABLE, grpc.StatusCode.UNAVAILABLE, True)
    SPOOL_FULL = ("spool_full", HTTPStatus.SERVICE_UNAVAILABLE, grpc.StatusCode.UNAVAILABLE, True)
    OVERLOADED = ("overloaded", HTTPStatus.SERVICE_UNAVAILABLE, grpc.StatusCode.UNAVAILABLE, True)
    STOPPING = ("stopping", HTTPStatus.SERVICE_UNAVAILABLE, grpc.StatusCode.UNAVAILABLE, True)
    # A bare 500 makes senders drop: our mistake must not cost them their data.
    FAILED = ("failed", HTTPStatus.SERVICE_UNAVAILABLE, grpc.StatusCode.UNAVAILABLE, True)

    def __init__(
        self,
        label: str,
        http_status: HTTPStatus,
        grpc_status: grpc.StatusCode,
        retry: bool,  # noqa: FBT001 - the columns of the table above
    ) -> None:
        self.label = label
        self.http_status = http_status
        self.grpc_status = grpc_status
        self.retry = retry


class Refused(Exception):  # noqa: N818 - it names what happened to the request, and callers catch it as such
    """A request is not accepted; nothing of it is kept. The message says why in one sentence."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
