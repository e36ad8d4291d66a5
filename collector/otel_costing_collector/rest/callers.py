"""Who asks, and whether they may: the same for every operation."""

from __future__ import annotations

from otel_costing_collector import browsers
from otel_costing_collector.identities import Identity, Permission
from otel_costing_collector.reception import Reception
from otel_costing_collector.refusals import Reason, Refused
from otel_costing_collector.request_body import Scope, head_of


class Callers:
    """What every operation asks first."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception

    def permitted(self, scope: Scope, permission: Permission) -> Identity:
        """Return who asks.

        Raises:
            Refused: they may not, or a page in a browser asks in their place.
        """
        self._refuse_pages(scope)
        identity = self._identity(scope, permission)
        if not identity.may(permission):
            raise Refused(Reason.FORBIDDEN, f"this token does not allow `{permission}`")
        return identity

    def _refuse_pages(self, scope: Scope) -> None:
        asks_for_token = bool(self._reception.tokens)
        why = browsers.refusal_of(scope["headers"], by_any_name=asks_for_token)
        if why:
            raise Refused(Reason.FORBIDDEN, why)

    def _identity(self, scope: Scope, permission: Permission) -> Identity:
        authorization = head_of(scope["headers"]).authorization
        if permission is Permission.SEND:
            return self._reception.admit(authorization)
        return self._reception.tokens.identity_of(authorization)
