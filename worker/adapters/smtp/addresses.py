"""Mail addresses: one mailbox, its syntax checked by email-validator, its domain by IDNA 2008. There is no DNS lookup.

The standard library is not used. Its parseaddr invents an address from "Sales @ Acme <r@acme.example>". Its codec is
IDNA 2003, which turns faß.de into fass.de, a domain that may belong to somebody else.
"""

import re
from functools import lru_cache

import email_validator
from email_validator import EmailNotValidError, validate_email

from worker.sanitize import clean

# Mail servers inside a company accept localhost and .local. Public ones do not.
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()

_NAMED = re.compile(r'(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^"<>,;\\]*?))\s*<(?P<address>[^<>\s]+)>')
_COMMA_IN_NAME = re.compile(r"(?P<name>[^\"<>@]*[,;][^\"<>@]*?)\s*(?P<address><[^<>\s]+>)")
_EXAMPLE = "expected one like name@example.com"


@lru_cache(maxsize=4096)
def ascii_address(address: str) -> str:
    """One mailbox without a display name. Its domain becomes lower-case ASCII.

    The local part is unchanged, also beyond ASCII (RFC 6531 carries it by SMTPUTF8), because only its server knows
    whether "Sales" and "sales" are one mailbox. Raises ValueError: what was found, what to write.
    """
    try:
        found = validate_email(address, check_deliverability=False, globally_deliverable=False, strict=True)
    except EmailNotValidError as error:
        why = str(error).rstrip(".")
        raise ValueError(f"found the address {clean(address, 60)!r}, {_EXAMPLE} ({why})") from None
    return f"{address.rpartition('@')[0]}@{found.ascii_domain}"


@lru_cache(maxsize=32)
def mailbox(sender: str) -> tuple[str, str]:
    """Display name and address of "Pipeline <reports@acme.example>". The name is "" for an address alone.

    Raises ValueError, with what was found, for anything that is not one mailbox.
    """
    text = clean(sender, 400)  # a line break would end a header
    if "<" not in text and ">" not in text:
        return "", ascii_address(text)
    named = _NAMED.fullmatch(text)
    if named is None:
        raise ValueError(f"found the sender {clean(text, 80)!r}, expected one name and one address in <>")
    name = re.sub(r"\\(.)", r"\1", named["quoted"]) if named["quoted"] is not None else named["plain"]
    return clean(name), ascii_address(named["address"])


def written_mailbox(name: str, address: str) -> str:
    """What `mailbox` reads as these two, with the name in quotes where it needs them."""
    quoted = re.sub(r'(["\\])', r"\\\1", name)
    shown = f'"{quoted}"' if re.search(r'["<>,;\\]', name) else name
    return f"{shown} <{address}>" if name else address


def quotes_missing(text: str) -> str:
    """What to write for a name with a comma that is not quoted; "" for any other fault. A comma outside of quotes
    separates addresses (RFC 5322, 3.4). The single quotes are YAML's.
    """
    found = _COMMA_IN_NAME.fullmatch(clean(text, 400))
    if found is None:
        return ""
    quoted = f'"{found["name"].strip()}" {found["address"]}'.replace("'", "''")
    return f"write '{quoted}': a name with a comma stands in double quotes"


def needs_smtputf8(address: str) -> bool:
    return not address.rpartition("@")[0].isascii()
