"""Encrypts what Redis keeps with a key from the environment, so that Redis alone does not reveal it."""

from cryptography.fernet import Fernet, InvalidToken

from worker.errors import RequestError

NAME = "FUNNELBEAT_TOKEN_KEY"


class SealedBox:
    """`key`: 32 bytes in base 64, as in FUNNELBEAT_TOKEN_KEY. Raises RequestError for anything else, without it."""

    def __init__(self, key: str) -> None:
        try:
            self._box = Fernet(key.strip().replace("+", "-").replace("/", "_").encode())
        except ValueError:
            raise RequestError(
                f"{NAME}: expected 32 bytes in base 64, as `openssl rand -base64 32` makes them"
            ) from None

    def seal(self, plain: bytes) -> bytes:
        return self._box.encrypt(plain)

    def open(self, sealed: bytes | str, what: str) -> bytes:
        """Raises RequestError if it was sealed with another key. `what`: in the plural, for the sentence."""
        try:
            return self._box.decrypt(sealed)
        except InvalidToken:
            raise RequestError(
                f"{NAME}: another key than the one that the {what} in Redis were encrypted with"
            ) from None
