"""What this process opens for definitions: sources, channels and templates, shared by all runs that use them."""

import asyncio
import hashlib
import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any, cast

from worker import shipped
from worker.adapters.definitions.secrets import references, resolve, unescaped
from worker.domain.brand import Brand
from worker.domain.schedule import Bundle, Connection, Query, Subscription
from worker.errors import RequestError
from worker.open_once import OpenOnce
from worker.plugins import CHANNELS, STAND_INS, channel_kind, listening, open_source, source_kind
from worker.ports import Channel, Quota, Source, Templates
from worker.ports.bounces import WEBHOOK_SECRETS, BounceMailbox, BounceWebhook, sending
from worker.ports.channels import ChannelGroup, ChannelKind
from worker.ports.chat import ANSWERING, ANSWERS, Answering, ChatDoor
from worker.ports.kinds import QuerySpec
from worker.ports.source_events import WEBHOOK_SECRET, EventReader, asking
from worker.ports.tokens import OAUTH, Renewal, TokenStore
from worker.rendering.template_lint import TemplateFault
from worker.rendering.template_paths import shipped_paths
from worker.rendering.templates import JinjaTemplates
from worker.rendering.trial import absent, trial
from worker.vocabulary import vocabulary

NOWHERE = "https://nowhere.invalid/nothing"
"""Stands for a secret (token, password, webhook) if nothing is sent. RFC 2606 reserves the name, so nobody has it."""

IDLE = 3600.0
"""Seconds after which an unused source or channel is closed. One fetch takes much less."""

SILENT = {
    **{kind.type: "http://127.0.0.1:9" for kind in STAND_INS.values()},
    **{service: address for kind in CHANNELS for service, address in kind.in_sandbox.items()},
}
"""A sandbox that does not run, for messages that are only built."""


def wall_clock() -> datetime:
    """Reads this process's own clock, for `as_of`: the instants of a service's answers."""
    return datetime.now(UTC)


def account_id(kind: str, options: Mapping[str, str]) -> str:
    """A short text that stands for one account with these credentials and does not show them. The hash is slow, because
    a password may be short.
    """
    return _account_id(kind, tuple(sorted(options.items())))


@cache
def _account_id(kind: str, options: tuple[tuple[str, str], ...]) -> str:
    given = json.dumps([kind, options]).encode()
    # Keys in Redis hold this hash, so the salt keeps its first wording.
    return hashlib.scrypt(given, salt=b"funnelbeat lane", n=2**12, r=8, p=1, dklen=12).hex()


Texts = tuple[tuple[str, str], ...]
OwnTemplates = tuple[Texts, tuple[tuple[str, Texts], ...], Brand]
"""A project's own templates, path and text of each, its own words, key and text of each language, in order, and its
brand.
"""


def _open_templates(own: OwnTemplates) -> Templates:
    """The shipped templates do not change while a process runs."""
    overrides, languages, brand = own
    words = {language: dict(texts) for language, texts in languages}
    return JinjaTemplates(shipped.folder_of("templates"), dict(overrides), vocabulary(), words, brand)


@dataclass(slots=True)
class OpenConnectors:
    """Implements ports.Connectors. Definitions with the same options share one source or channel.

    `offline`: channels build messages and do not send them. They need no secrets, and no running sandbox. `quotas`: the
    budget of each account, by its id and a connection's name, which all workers share; without it every source has its
    own. `tokens`: the store of an account's renewed tokens; None without a key to encrypt them.
    """

    sandbox: Mapping[str, str]
    directory: Path
    offline: bool = False
    quotas: Callable[[str, str], Quota] | None = None
    tokens: Callable[[str], TokenStore] | None = None
    clock: Callable[[], float] = time.monotonic
    _sources: OpenOnce[Source] = field(init=False)
    _channels: OpenOnce[Channel[Any] | ChannelGroup] = field(init=False)
    _last_templates: tuple[Bundle, Templates] | None = None
    _templates: Callable[[OwnTemplates], Templates] = field(
        default_factory=lambda: lru_cache(maxsize=4)(_open_templates)
    )

    def __post_init__(self) -> None:
        self._sources = OpenOnce(IDLE, self.clock)
        self._channels = OpenOnce(IDLE, self.clock)

    def source(self, bundle: Bundle, connection: str) -> Source:
        spec = bundle.connections[connection]
        options = resolve(asking(spec.options), os.environ, self.directory)
        key = (spec.type, *(f"{k}={v}" for k, v in sorted(options.items())))
        return self._sources.get(key, lambda: self._open_source(connection, spec, options))

    def _open_source(self, name: str, spec: Connection, options: Mapping[str, str]) -> Source:
        account = account_id(spec.type, options)
        quota = self.quotas(account, name) if self.quotas else None
        again = partial(resolve, asking(spec.options), os.environ, self.directory)
        renewal = Renewal(again, self.tokens(account) if self.tokens else None)
        return open_source(spec.type, options, self.sandbox, wall_clock, quota, renewal)

    def account(self, bundle: Bundle, connection: str) -> str:
        spec = bundle.connections[connection]
        return account_id(spec.type, resolve(asking(spec.options), os.environ, self.directory))

    def posts_events(self, bundle: Bundle, connection: str) -> bool:
        spec = bundle.connections[connection]
        return WEBHOOK_SECRET in spec.options and source_kind(spec.type).events is not None

    def event_reader(self, bundle: Bundle, connection: str, kept: Sequence[str] = ()) -> EventReader | None:
        """Resolves this secret alone: `web` has no key of the service, and a worker has not this one."""
        spec = bundle.connections[connection]
        contract = source_kind(spec.type).events
        written = {name: text for name, text in spec.options.items() if name == WEBHOOK_SECRET}
        if contract is None or not (written or kept):
            return None
        return contract.open([*resolve(written, os.environ, self.directory).values(), *kept])

    def query(self, bundle: Bundle, query: Query) -> QuerySpec:
        kind = source_kind(bundle.connections[query.source].type)
        if query.query not in kind.queries:
            raise RequestError(f"type: {kind.type}: this version of it has no query {query.query}")
        return kind.queries[query.query]

    def channel(self, bundle: Bundle, channel: str, address: str | None) -> Channel[Any]:
        kind, options = _kind(bundle, channel), self._of_channel(bundle, channel)
        key = (kind.type, *(f"{k}={v}" for k, v in sorted(options.items())))
        opened = self._channels.get(
            key, lambda: kind.opened(options, self._renewal(bundle, channel, options), wall_clock)
        )
        group = hasattr(opened, "channel")  # asked for every message; isinstance takes a protocol apart each time
        return cast("ChannelGroup", opened).channel(kind.route(address)) if group else cast("Channel[Any]", opened)

    def _renewal(self, bundle: Bundle, channel: str, options: Mapping[str, str]) -> Renewal:
        """What shares a grant shares its tokens: two stores of one refresh token would end each other's."""
        granted = {name: value for name, value in options.items() if name.startswith(OAUTH)}
        tokens = self.tokens(account_id("oauth", granted)) if self.tokens and granted else None
        return Renewal(partial(self._of_channel, bundle, channel), tokens)

    def is_secret(self, holder: str, kind: str, option: str) -> bool:
        try:
            options = (source_kind(kind) if holder == "connection" else channel_kind(kind)).options
        except RequestError:
            return True
        named = {f"{one.name}.{inner.name}": inner.secret for one in options for inner in one.group}
        return {**named, **{one.name: one.secret for one in options}, "type": False}.get(option, True)

    def route(self, bundle: Bundle, channel: str, address: str | None) -> str:
        return _kind(bundle, channel).route(address)

    def receiver(self, bundle: Bundle, channel: str, address: str | None) -> str:
        route = self.route(bundle, channel, address)
        account = account_id(bundle.channels[channel].type, self._of_channel(bundle, channel))
        return f"{account}:{route}" if route else account

    def _of_channel(self, bundle: Bundle, channel: str) -> Mapping[str, str]:
        """The options that a channel is opened with, with their secrets."""
        if _kind(bundle, channel).in_sandbox:
            return listening(self.sandbox)
        written = bundle.channels[channel].options
        answering = {ANSWERING: "yes"} if any(name.startswith(ANSWERS) for name in written) else {}
        return self._options(sending(written)) | answering

    def mailbox(self, bundle: Bundle, channel: str, address: str | None) -> bool:
        return _kind(bundle, channel).mailbox(address)

    def needs_address(self, bundle: Bundle, channel: str) -> bool:
        return _kind(bundle, channel).needs_address(bundle.channels[channel].options)

    def takes(self, bundle: Bundle, channel: str, address: str) -> bool:
        return self.address(bundle, channel, address) is not None

    def address(self, bundle: Bundle, channel: str, text: str) -> str | None:
        if not self.needs_address(bundle, channel):
            return None
        try:
            return _kind(bundle, channel).address(text) or None
        except ValueError:
            return None

    def refusal(self, bundle: Bundle, channel: str, text: str) -> str:
        if not self.needs_address(bundle, channel):
            return f"found the address {text!r}, expected none, because the channel has its own"
        try:
            return "" if _kind(bundle, channel).address(text) else "found an empty address"
        except ValueError as error:
            return str(error)

    def bounce_mailbox(self, bundle: Bundle, channel: str) -> BounceMailbox | None:
        options = self._of_channel(bundle, channel)
        return _kind(bundle, channel).bounce_mailbox(options, self._renewal(bundle, channel, options), wall_clock)

    def bounce_webhook(self, bundle: Bundle, channel: str) -> BounceWebhook | None:
        """Resolves these secrets alone: `web` has no password of a mail server, and a worker has not these."""
        options = bundle.channels[channel].options
        needed = {name: text for name, text in options.items() if name.startswith(WEBHOOK_SECRETS)}
        return _kind(bundle, channel).bounce_webhook(resolve(needed, os.environ, self.directory))

    def chat_door(self, bundle: Bundle, channel: str) -> ChatDoor | None:
        contract = _kind(bundle, channel).chat
        if contract is None or ANSWERS + contract.secret not in bundle.channels[channel].options:
            return None
        return contract.open(self._asked(bundle, channel, contract.secret))

    async def serve_chat(self, bundle: Bundle, channel: str, answers: Answering) -> None:
        contract = _kind(bundle, channel).chat
        if contract is None:
            raise RequestError(f"{channel} is no channel that takes requests")
        await contract.socket(self._asked(bundle, channel, contract.token), answers)

    def _asked(self, bundle: Bundle, channel: str, secret: str) -> dict[str, str]:
        """What requests of people need: this secret of those below "answers.", and the address of the service."""
        written = {
            name.removeprefix(ANSWERS): text
            for name, text in bundle.channels[channel].options.items()
            if name in {ANSWERS + secret, "base_url"}
        }
        return resolve(written, os.environ, self.directory)

    def _options(self, written: Mapping[str, str]) -> dict[str, str]:
        if not self.offline:
            return resolve(written, os.environ, self.directory)
        return {name: NOWHERE if references(value) else unescaped(value) for name, value in written.items()}

    def templates(self, bundle: Bundle) -> Templates:
        """One for all bundles with the same templates, words and brand: nothing else in a bundle affects them."""
        if self._last_templates is None or self._last_templates[0] is not bundle:
            words = tuple((name, tuple(sorted(texts.items()))) for name, texts in sorted(bundle.languages.items()))
            own = (tuple(sorted(bundle.templates.items())), words, bundle.brand)
            self._last_templates = bundle, self._templates(own)
        return self._last_templates[1]

    def template_faults(self, bundle: Bundle, entry: Subscription) -> list[TemplateFault]:
        """What `check` would say of the template that an entry names, where that one is not there."""
        used = ((entry.template, form) for form in _kind(bundle, entry.channel).forms[:1])
        missing = absent(used, {*bundle.templates, *shipped_paths()})
        return trial(self.templates(bundle), missing, (entry.locale,))

    async def aclose(self) -> None:
        await asyncio.gather(self._sources.aclose(), self._channels.aclose())


def _kind(bundle: Bundle, channel: str) -> ChannelKind:
    return channel_kind(bundle.channels[channel].type)
