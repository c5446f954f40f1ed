"""A Bearer token that this program renews itself, once for all workers.

A refresh token may be valid for one use (Close revokes it when it issues the next), so the order is: take the turn,
record that it begins, send the request, store the answer, use it. A process killed before the request loses nothing.
After the answer there is no wait except the write, which a cancelled run does not interrupt. If a process is killed at
that moment, the next renewal is refused, and its sentence says what happened and what to do.
https://www.rfc-editor.org/rfc/rfc6749#section-6
"""

import asyncio
import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from worker.adapters.http import Http, HttpAnswer, HttpFailure
from worker.adapters.json_body import JsonUnreadable, decoded
from worker.errors import LedgerError, SourceError, SourceRefused, SourceShapeChanged, SourceUnavailable
from worker.ports.tokens import Tokens, TokenStore

EARLY = 60.0
"""A token is renewed this many seconds before it expires."""
LASTS = 3600.0
"""Seconds that a token is valid if the service does not say."""
WAIT = 25.0
"""Seconds to wait for another worker's renewal. Its turn lapses after thirty."""
LOOK = 0.1
KEEP_TRIES = 8
TIMEOUT = 10.0
ENDPOINT = "POST token"


@dataclass(frozen=True, slots=True)
class App:
    """Our registration at the service. `basic`: its credentials are sent in a header, else in the form."""

    url: str
    id: str
    secret: str = field(repr=False)
    basic: bool = False


class Renewed:
    """`refresh`: the refresh token of the definition. A new one there replaces what is stored. `clock` gives UTC."""

    def __init__(self, app: App, refresh: str, store: TokenStore, clock: Callable[[], datetime]) -> None:
        self._app = app
        self._refresh = refresh
        self._seed = hashlib.sha256(refresh.encode()).hexdigest()[:16]
        self._store = store
        self._clock = clock
        self._http = Http(app.url, timeout=TIMEOUT)
        self._lock = asyncio.Lock()
        self._tokens: Tokens | None = None
        self._used: tuple[str, ...] = ()
        self._under_way: set[asyncio.Task[Tokens]] = set()

    @property
    def secrets(self) -> tuple[str, ...]:
        held = (self._tokens.access, self._tokens.refresh) if self._tokens else ()
        return tuple(secret for secret in (self._app.secret, self._refresh, *self._used, *held) if secret)

    async def headers(self) -> Mapping[str, str]:
        if self._tokens is None or not self._fresh(self._tokens):
            await self._renew(refused="")
        access = self._tokens.access if self._tokens else ""
        self._used = (*self._used[-3:], access) if access not in self._used else self._used
        return {"authorization": f"Bearer {access}"}

    async def renewed(self, refused: Mapping[str, str]) -> bool:
        """Renews once for each refused token, however many requests ask."""
        await self._renew(refused=refused.get("authorization", "").removeprefix("Bearer "))
        return True

    async def _renew(self, refused: str) -> None:
        async with self._lock:
            if self._tokens and self._fresh(self._tokens) and self._tokens.access != refused:
                return
            for _ in range(round(WAIT / LOOK)):
                kept = await self._kept()
                if kept and self._fresh(kept) and kept.access != refused:
                    self._tokens = kept
                    return
                if await self._store.begin():
                    self._tokens = await self._whole(refused)
                    return
                await asyncio.sleep(LOOK)
        raise SourceUnavailable(ENDPOINT, "another worker renews the access token and has not come to an end")

    async def _whole(self, refused: str) -> Tokens:
        """Runs to its end even if the run that asked is cancelled."""
        task = asyncio.get_running_loop().create_task(self._turn(refused))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return await asyncio.shield(task)

    async def _turn(self, refused: str) -> Tokens:
        try:
            kept = await self._kept()
            if kept and self._fresh(kept) and kept.access != refused:
                return kept  # another worker finished before our turn
            before = kept or Tokens("", self._refresh, 0.0, self._seed)
            await self._store.save(replace(before, begun=True))
            try:
                found = self._read(before, await self._ask(before.refresh))
            except SourceError as error:
                if isinstance(error, SourceRefused) and before.begun:
                    raise SourceRefused(ENDPOINT, _CUT_OFF, status=401) from None
                raise
            self._tokens = found  # this process can now go on without Redis
            await self._keep(found)
            return found
        finally:
            await self._store.leave()

    async def _keep(self, found: Tokens) -> None:
        """Waits for a Redis that is not reachable, because the token may be impossible to get again."""
        for _ in range(KEEP_TRIES):
            try:
                return await self._store.save(found)
            except LedgerError:
                await asyncio.sleep(LOOK * 5)
        return await self._store.save(found)

    async def _kept(self) -> Tokens | None:
        """The stored tokens of this definition's refresh token. Another one means that a person authorized us again."""
        kept = await self._store.load()
        return kept if kept is not None and kept.seed == self._seed else None

    async def _ask(self, refresh: str) -> HttpAnswer:
        form = {"grant_type": "refresh_token", "refresh_token": refresh}
        headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
        if self._app.basic:
            proof = base64.b64encode(f"{self._app.id}:{self._app.secret}".encode()).decode()
            headers["authorization"] = f"Basic {proof}"
        else:
            form |= {"client_id": self._app.id, "client_secret": self._app.secret}
        try:
            return await self._http.send("POST", self._app.url, content=urlencode(form).encode(), headers=headers)
        except HttpFailure as failure:
            raise SourceUnavailable(ENDPOINT, failure.problem) from None

    def _read(self, before: Tokens, answer: HttpAnswer) -> Tokens:
        """Quotes none of the service's words, because they may repeat what was sent."""
        if answer.status in (400, 401, 403):
            raise SourceRefused(ENDPOINT, _REFUSED, status=401)
        if answer.status != 200:
            raise SourceUnavailable(ENDPOINT, f"the access token could not be renewed ({answer.status})")
        try:
            told: Any = decoded(answer.body)
        except JsonUnreadable:
            told = None
        access = told.get("access_token") if isinstance(told, dict) else None
        if not isinstance(access, str) or not access:
            raise SourceShapeChanged(ENDPOINT, "access_token", "expected text")
        refresh, seconds = told.get("refresh_token"), told.get("expires_in")
        known = isinstance(seconds, int | float) and not isinstance(seconds, bool) and seconds > 0
        expires = self._clock().timestamp() + (float(seconds) if known else LASTS)
        return Tokens(access, refresh if isinstance(refresh, str) and refresh else before.refresh, expires, self._seed)

    def _fresh(self, tokens: Tokens) -> bool:
        return bool(tokens.access) and not tokens.begun and tokens.expires - EARLY > self._clock().timestamp()

    async def aclose(self) -> None:
        """Waits until a running renewal has stored its tokens."""
        await asyncio.gather(*self._under_way, return_exceptions=True)
        await self._http.aclose()


_REFUSED = (
    "the refresh token or the client was not accepted: authorize Funnelbeat at the service again, and write the new "
    "refresh_token"
)
_CUT_OFF = (
    "a renewal of the token was cut off before its answer was kept, and the service takes the old refresh token no "
    "more: authorize Funnelbeat at the service again, and write the new refresh_token"
)
