"""When two addresses are one."""


def comparable(address: str) -> str:
    """Addresses are one if this is equal: upper and lower case do not count, in the local part neither. It may count
    there by https://www.rfc-editor.org/rfc/rfc5321#section-2.4, but hardly any server lets it.

    Nothing else is folded: `ß` is not `ss` and `ς` is not `σ`, which are other domains
    (https://www.rfc-editor.org/rfc/rfc5894#section-7.2) and other mailboxes.
    """
    return address.lower()


def same(one: str | None, other: str | None) -> bool:
    """Two addresses that are not there are not the same."""
    return bool(one and other) and comparable(one or "") == comparable(other or "")
