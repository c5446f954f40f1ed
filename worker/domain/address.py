"""When two addresses count as the same."""


def comparable(address: str) -> str:
    """Two addresses are the same if this text is equal. Upper and lower case do not matter, not even in the local part.
    They may matter there by https://www.rfc-editor.org/rfc/rfc5321#section-2.4, but hardly any server lets it.

    Nothing else is folded: `ß` is not `ss` and `ς` is not `σ`, which are other domains
    (https://www.rfc-editor.org/rfc/rfc5894#section-7.2) and other mailboxes.
    """
    return address.lower()


def same(one: str | None, other: str | None) -> bool:
    """Two missing addresses are not the same."""
    return bool(one and other) and comparable(one or "") == comparable(other or "")
