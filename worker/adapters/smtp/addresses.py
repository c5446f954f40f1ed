"""Mail addresses: one mailbox, its syntax by email-validator, its domain by IDNA 2008. Nothing is looked up.

The standard library is not asked: its parseaddr makes an address that nobody wrote of "Sales @ Acme <r@acme.example>",
and its codec is IDNA 2003, which turns faß.de into fass.de, a domain that may belong to somebody else.
"""

import re
from functools import lru_cache

import email_validator
from email_validator import EmailNotValidError, validate_email

from worker.sanitize import clean

# A server inside a company takes mail for localhost and for .local, which no public one does.
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()

_NAMED = re.compile(r'(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^"<>,;\\]*?))\s*<(?P<address>[^<>\s]+)>')
_EXAMPLE = "expected one like name@example.com"


@lru_cache(maxsize=4096)
def ascii_address(address: str) -> str:
    """One mailbox without a display name, its domain in lower-case ASCII. Raises ValueError: what was found, what to
    write.

    The local part stays as it was written, also beyond ASCII (RFC 6531 carries it by SMTPUTF8): its server alone knows
    whether "Sales" and "sales" are one mailbox.
    """
    try:
        found = validate_email(address, check_deliverability=False, globally_deliverable=False, strict=True)
    except EmailNotValidError as error:
        why = str(error).rstrip(".")
        raise ValueError(f"found the address {clean(address, 60)!r}, {_EXAMPLE} ({why})") from None
    return f"{address.rpartition('@')[0]}@{found.ascii_domain}"


@lru_cache(maxsize=32)
def mailbox(sender: str) -> tuple[str, str]:
    """Display name and address of "Pipeline <reports@acme.example>", the name "" for an address alone. Raises
    ValueError, with what was found, for anything that is not one mailbox.
    """
    text = clean(sender, 400)  # a line break would end a header
    if "<" not in text and ">" not in text:
        return "", ascii_address(text)
    named = _NAMED.fullmatch(text)
    if named is None:
        raise ValueError(f"found the sender {clean(text, 80)!r}, expected one name and one address in <>")
    name = re.sub(r"\\(.)", r"\1", named["quoted"]) if named["quoted"] is not None else named["plain"]
    return clean(name), ascii_address(named["address"])


def needs_smtputf8(address: str) -> bool:
    return not address.rpartition("@")[0].isascii()
