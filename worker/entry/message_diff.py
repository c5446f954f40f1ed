"""The parts of two messages that a person compares: headers and text of a mail, or the JSON of a post, line by line."""

import difflib
import email
import email.policy
import json

LONGEST = 200
"""Lines that are shown of one difference."""


def difference(name: str, sent: bytes, now: bytes) -> list[str]:
    """A unified diff of the readable parts. If only unreadable bytes differ, one line says so."""
    lines = list(difflib.unified_diff(readable(name, sent), readable(name, now), "sent", "rendered again", lineterm=""))
    if not lines:
        return ["(what can be read is equal; other bytes differ)"]
    more = [f"… and {len(lines) - LONGEST} more lines"] if len(lines) > LONGEST else []
    return [*lines[:LONGEST], *more]


def readable(name: str, body: bytes) -> list[str]:
    """`name` is the file name of a part; its suffix says what the part is."""
    if name.endswith(".eml"):
        return _mail(body)
    if name.endswith(".json"):
        try:
            return json.dumps(json.loads(body), indent=1, ensure_ascii=False).splitlines()
        except ValueError:
            pass  # a damaged copy is compared as it is
    return body.decode("utf-8", "replace").splitlines()


def _mail(body: bytes) -> list[str]:
    message = email.message_from_bytes(body, policy=email.policy.default)
    lines = [f"{header}: {value}" for header, value in message.items()]
    for kind in ("plain", "html"):
        part = message.get_body((kind,))
        if part is not None:
            lines += ["", f"[text/{kind}]", *str(part.get_content()).splitlines()]
    return lines
