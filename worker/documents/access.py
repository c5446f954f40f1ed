"""Tokens, and the audit list."""

from collections.abc import Iterable
from typing import Any

from worker.domain.access import AccessToken, AuditRecord, TokenScope
from worker.domain.run import stamp


def token_document(token: AccessToken) -> dict[str, Any]:
    """A token without its secret.

    {"id", "name", "scopes": [scope, …], "address", "at", "by", "expires", "used"}

    `address` is null for a program, `expires` for a token that does not expire, and `used` for one that was never used.
    """
    return {
        "id": token.id,
        "name": token.name,
        "scopes": [str(scope) for scope in TokenScope if scope in token.scopes],
        "address": token.address or None,
        "at": stamp(token.at),
        "by": token.by,
        "expires": stamp(token.expires) if token.expires else None,
        "used": stamp(token.used) if token.used else None,
    }


def new_token_document(token: AccessToken, written: str) -> dict[str, Any]:
    """A new token as in `token_document`, with "token": its whole text, which is shown only once."""
    return {**token_document(token), "token": written}


def tokens_document(tokens: Iterable[AccessToken]) -> list[dict[str, Any]]:
    """By name: [token, …]."""
    return [token_document(token) for token in tokens]


def audit_document(records: Iterable[AuditRecord]) -> list[dict[str, Any]]:
    """Newest first: [{"id", "at", "door", "who", "act", "subject", "before": {…}, "after": {…}}, …]."""
    return [
        {
            "id": record.id,
            "at": stamp(record.at),
            "door": str(record.door),
            "who": record.who,
            "act": record.act,
            "subject": record.subject,
            "before": dict(record.before),
            "after": dict(record.after),
        }
        for record in records
    ]
