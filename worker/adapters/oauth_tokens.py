"""Access tokens of OAuth 2 that this program gets and renews itself, once for all workers.

A refresh token may be valid for one use (Close revokes it when it issues the next), so the order is: take the turn,
record that it begins, send the request, store the answer, use it. A process killed before the request loses nothing.
After the answer there is no wait except the write, which a cancelled run does not interrupt. If a process is killed at
that moment, the next renewal is refused, and its sentence says what happened and what to do.

https://www.rfc-editor.org/rfc/rfc6749#section-4.4 (the client's own credentials)
https://www.rfc-editor.org/rfc/rfc6749#section-6 (a refresh token)
"""

import asyncio
import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import urlencode, urlsplit

from worker.adapters.http import Http, HttpAnswer, HttpFailure
from worker.adapters.oauth_answer import OF_THE_CLIENT, TokenAnswer, TokenFailure, TokenFault, read_answer
from worker.errors import LedgerError
from worker.ports.tokens import Tokens, TokenStore

EARLY = 60.0
"""A token is renewed this many seconds before it expires."""
WAIT = 25.0
"""Seconds to wait for another worker's renewal. Its turn lapses after thirty."""
LOOK = 0.1
KEEP_TRIES = 8
TIMEOUT = 10.0
LARGEST = 1024 * 1024
"""Bytes of an answer, which holds two tokens."""


@dataclass(frozen=True, slots=True)
class App:
    """Our registration at the service. `basic`: its credentials are sent in a header, else in the form. `secret`: empty
    for a public client, which has none.
    """

    url: str
    id: str
    secret: str = field(repr=False)
    basic: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """What is exchanged for an access token. `refresh`: the refresh token of the definition; empty: the client's own
    credentials are enough. `scope`: empty, where the service knows it.
    """

    refresh: str = field(default="", repr=False)
    scope: str = ""

    def form(self, refresh: str) -> dict[str, str]:
        """`refresh`: the newest refresh token, which may be another than the definition's."""
        scope = {"scope": self.scope} if self.scope else {}
        if not self.refresh:
            return {"grant_type": "client_credentials", **scope}
        return {"grant_type": "refresh_token", "refresh_token": refresh, **scope}


class OAuthTokens:
    """Tokens of one grant. A new refresh token in the definition replaces what is stored. `clock` gives UTC."""

    def __init__(self, app: App, grant: Grant, store: TokenStore, clock: Callable[[], datetime]) -> None:
        self._app = app
        self._grant = grant
        self._seed = hashlib.sha256(grant.refresh.encode()).hexdigest()[:16]
        self._store = store
        self._clock = clock
        self._http = Http(app.url, timeout=TIMEOUT, largest=LARGEST)
        self._lock = asyncio.Lock()
        self._failed: TokenFailure | None = None
        self._tokens: Tokens | None = None
        self._used: tuple[str, ...] = ()
        self._under_way: set[asyncio.Task[Tokens | None]] = set()

    @property
    def host(self) -> str:
        """Of the token endpoint."""
        return urlsplit(self._app.url).hostname or ""

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be printed."""
        held = (self._tokens.access, self._tokens.refresh) if self._tokens else ()
        return tuple(secret for secret in (self._app.secret, self._grant.refresh, *self._used, *held) if secret)

    async def token(self, refused: str = "") -> str:
        """A token that is valid now. `refused`: one that the service no longer accepts. It is renewed once, however
        many tasks ask.

        Raises TokenFailure, and what the store raises.
        """
        if self._tokens is None or not self._fresh(self._tokens) or self._tokens.access == refused:
            await self._renew(refused)
        access = self._tokens.access if self._tokens else ""
        self._used = (*self._used[-3:], access) if access not in self._used else self._used
        return access

    async def _renew(self, refused: str) -> None:
        """Tasks that waited for a failed try get its failure: separate tries, one after the other, would take longer
        than a delivery may.
        """
        before = self._failed
        async with self._lock:
            if self._tokens and self._fresh(self._tokens) and self._tokens.access != refused:
                return
            if self._failed is not None and self._failed is not before:
                raise self._failed.again()
            try:
                self._tokens = await self._newest(refused)
            except TokenFailure as failure:
                self._failed = failure.again()
                raise

    async def _newest(self, refused: str) -> Tokens:
        """From the store, where another worker renewed them, else from the service."""
        for _ in range(round(WAIT / LOOK)):
            kept = await self._kept()
            if kept and self._fresh(kept) and kept.access != refused:
                return kept
            if (turn := await self._store.begin()) and (renewed := await self._whole(refused, turn)):
                return renewed
            await asyncio.sleep(LOOK)
        raise TokenFailure("another worker is renewing the access token and has not finished")

    async def _whole(self, refused: str, turn: str) -> Tokens | None:
        """Runs to its end even if the run that asked is cancelled."""
        task = asyncio.get_running_loop().create_task(self._in_turn(refused, turn))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return await asyncio.shield(task)

    async def _in_turn(self, refused: str, turn: str) -> Tokens | None:
        """None if the turn lapsed and another worker renews, or has renewed: what it stores counts."""
        try:
            kept = await self._kept()
            if kept and self._fresh(kept) and kept.access != refused:
                return kept  # another worker finished before our turn
            before = kept or Tokens("", self._grant.refresh, 0.0, self._seed)
            if not await self._store.save(replace(before, begun=True), turn):
                return None
            answer = await self._answer(before, turn)
            if answer is None:
                return None
            found = self._tokens = self._tokens_of(before, answer)  # this process can now go on without Redis
            return found if await self._keep(found, turn) else None
        finally:
            await self._store.leave(turn)

    async def _answer(self, before: Tokens, turn: str) -> TokenAnswer | None:
        """A refusal is an answer: nothing was interrupted, and a later refusal is reported as what it is. None for a
        refusal after the turn lapsed: another worker may have used the refresh token meanwhile.
        """
        try:
            return read_answer(await self._ask(before.refresh), renewed=bool(self._grant.refresh))
        except TokenFailure as failure:
            if failure.fault is TokenFault.REFUSED:
                if not await self._store.save(before, turn):
                    return None
                if before.begun and self._grant.refresh and failure.code not in OF_THE_CLIENT:
                    raise TokenFailure(_CUT_OFF, TokenFault.REFUSED) from None
            raise

    async def _keep(self, found: Tokens, turn: str) -> bool:
        """Waits for a Redis that is not reachable, because the token may be impossible to get again."""
        for _ in range(KEEP_TRIES):
            try:
                return await self._store.save(found, turn)
            except LedgerError:
                await asyncio.sleep(LOOK * 5)
        return await self._store.save(found, turn)

    async def _kept(self) -> Tokens | None:
        """The stored tokens of this definition's refresh token. Another one means that a person authorized us again."""
        kept = await self._store.load()
        return kept if kept is not None and kept.seed == self._seed else None

    async def _ask(self, refresh: str) -> HttpAnswer:
        form = self._grant.form(refresh)
        headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
        if self._app.basic:
            proof = base64.b64encode(f"{self._app.id}:{self._app.secret}".encode()).decode()
            headers["authorization"] = f"Basic {proof}"
        else:
            form |= {"client_id": self._app.id}
            form |= {"client_secret": self._app.secret} if self._app.secret else {}
        try:
            return await self._http.send("POST", self._app.url, content=urlencode(form).encode(), headers=headers)
        except HttpFailure as failure:
            raise TokenFailure(failure.problem, silent=failure.silent) from None

    def _tokens_of(self, before: Tokens, answer: TokenAnswer) -> Tokens:
        """Most services give no new refresh token: then the one before stays good."""
        refresh = (answer.refresh or before.refresh) if self._grant.refresh else ""
        ends = self._clock().timestamp() + answer.lasts
        return Tokens(answer.access, refresh, ends, self._seed, number=before.number + 1)

    def _fresh(self, tokens: Tokens) -> bool:
        return bool(tokens.access) and not tokens.begun and tokens.expires - EARLY > self._clock().timestamp()

    async def aclose(self) -> None:
        """Waits until a running renewal has stored its tokens."""
        await asyncio.gather(*self._under_way, return_exceptions=True)
        await self._http.aclose()


_CUT_OFF = (
    "a renewal of the token was interrupted before its answer was stored, and the service no longer accepts the old "
    "refresh token: authorize Funnelbeat at the service again, and write the new refresh_token"
)
