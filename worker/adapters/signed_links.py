"""Links signed with itsdangerous: HMAC-SHA256 over key id, purpose, reader and expiry.

A token is "<key id>.<payload>.<signature>" in letters, digits, `-`, `_` and dots. It is not compressed, because bytes
that zlib makes differ from one version to the next, and a message is rendered again byte for byte.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from itsdangerous import BadData, Signer, base64_decode, base64_encode

from worker.domain.delivery import Reader
from worker.domain.links import Link, Purpose
from worker.errors import RequestError

LONGEST_TOKEN = 2000


class SignedLinks:
    """Keeps worker.ports.Links. `keys`: the newest first; the others only read. `project` is part of what is signed, so
    that projects with the same key do not accept each other's links.
    """

    def __init__(self, keys: Sequence[str], project: str) -> None:
        salt = f"funnelbeat links of {project}".encode()
        self._signers = {_id(key): Signer(key, salt=salt, digest_method=hashlib.sha256) for key in keys}
        self.key_id = next(iter(self._signers), "")

    def sign(self, link: Link, key_id: str) -> str:
        if key_id not in self._signers:
            raise RequestError(f"the links are signed with the key {key_id}, which FUNNELBEAT_LINK_KEY does not have")
        payload = base64_encode(json.dumps(_row(link), separators=(",", ":"))).decode()
        return self._signers[key_id].sign(f"{key_id}.{payload}").decode()

    def read(self, token: str) -> Link | None:
        signer = self._signers.get(token.partition(".")[0])
        if signer is None or len(token) > LONGEST_TOKEN:
            return None
        try:
            value = signer.unsign(token)
            # The last letter of a signature has bits that mean nothing, so that another letter would do as well.
            if signer.sign(value) != token.encode():
                return None
            return _link(json.loads(base64_decode(value.partition(b".")[2])))
        except (BadData, ValueError):
            return None


def _id(key: str) -> str:
    """Eight hexadecimal characters that say nothing of the key."""
    return hashlib.sha256(f"funnelbeat link key {key}".encode()).hexdigest()[:8]


def _row(link: Link) -> list[Any]:
    expires = int(link.expires.timestamp()) if link.expires is not None else None
    return [link.purpose, link.reader.schedule, link.reader.entry, link.reader.address, expires]


def _link(row: list[Any]) -> Link:
    purpose, schedule, entry, address, expires = row
    until = datetime.fromtimestamp(expires, UTC) if expires is not None else None
    return Link(Purpose(purpose), Reader(schedule, entry, address), until)
