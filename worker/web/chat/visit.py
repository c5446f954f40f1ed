"""One request of a person, with what this person may see and the language of the answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from worker.domain.access import Actor, TokenScope
from worker.domain.schedule import Subscription
from worker.flow.operate.own_view import OwnView, seen_schedules
from worker.flow.services import Services
from worker.ports.chat import ChatAnswer, ChatRequest
from worker.rendering.wording import Wording

LISTED = 20
"""Schedules or alerts that one answer names; the others are counted."""


class ChatRefused(Exception):
    """The sentence is in the language of the person who asks."""


@dataclass(frozen=True, slots=True)
class ChatVisit:
    uses: Services
    request: ChatRequest
    view: OwnView
    now: datetime

    @property
    def actor(self) -> Actor:
        return self.view.actor

    @property
    def w(self) -> Wording:
        return self.words(self.view.locale)

    def words(self, locale: str) -> Wording:
        bundle = self.view.bundle
        return Wording(locale, bundle.defaults.timezone, self.now.year, own=bundle.languages)

    def say(self, key: str, n: int | None = None, **values: object) -> ChatAnswer:
        return ChatAnswer(self.w.say(key, n, **values))

    def name(self, schedule: str) -> str:
        return self.w.clean(self.view.bundle.schedules[schedule].name)

    def needs(self, scope: TokenScope) -> None:
        """Raises ChatRefused for a person without the scope."""
        if not self.actor.may(scope):
            raise ChatRefused(self.w.say("chat.forbidden", scope=scope.value))

    async def schedules(self) -> Mapping[str, Mapping[str, Subscription]]:
        """Those that may be seen, by id, with their entries. Raises ChatRefused if there are none."""
        seen = await seen_schedules(self.uses, self.view)
        if not seen:
            raise ChatRefused(self.w.say("chat.no_schedules"))
        return seen

    async def schedule(self) -> tuple[str, Mapping[str, Subscription]]:
        """The schedule that the argument names. Raises the same ChatRefused for one that the person may not see and for
        one that does not exist.
        """
        seen, wanted = await self.schedules(), self.request.argument
        if wanted not in seen:
            key = "chat.no_schedule" if wanted else "chat.which"
            raise ChatRefused(self.w.say(key, name=self.w.clean(wanted, 80), known=self.listed(seen)))
        return wanted, seen[wanted]

    def listed(self, names: Mapping[str, object]) -> str:
        known = list(names)
        more = [self.w.more(len(known) - LISTED)] if len(known) > LISTED else []
        return ", ".join([*known[:LISTED], *more])
