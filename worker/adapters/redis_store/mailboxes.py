"""The stored state of mailboxes of bounces: who reads one, how far it was read, and the results."""

from collections.abc import Mapping

from worker.adapters.redis_store import keys
from worker.adapters.redis_store.codec import text
from worker.adapters.redis_store.scripts import LOST, Scripts
from worker.domain.time.epoch import from_ms
from worker.ports.bounces import MailboxState, MailboxTurn, Mark

LEASE = 300_000
"""Milliseconds. A page of mails, each with a few requests to the mail server, takes much less."""

COUNT = "n:"


class RedisMailboxes:
    """Implements worker.ports.Mailboxes."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    async def take(self, channel: str) -> MailboxTurn | None:
        answer = await self._scripts.run("mailbox_take", {"channel": channel, "lease": LEASE})
        if answer == LOST:
            return None
        turn, validity, number = answer
        return MailboxTurn(turn, Mark(int(validity), int(number)) if validity and number else None)

    async def read_to(self, channel: str, turn: MailboxTurn, mark: Mark, counts: Mapping[str, int]) -> None:
        arguments = {"channel": channel, "turn": turn.number, "lease": LEASE, "counts": dict(counts)}
        place = {"validity": mark.validity, "number": mark.number}
        await self._scripts.own("mailbox_read", f"the mailbox of {channel}", {**arguments, **place})

    async def leave(self, channel: str, turn: MailboxTurn, trouble: str = "") -> None:
        await self._scripts.run("mailbox_leave", {"channel": channel, "turn": turn.number, "trouble": trouble})

    async def state(self, channel: str) -> MailboxState:
        flat = await self._scripts.ask("HGETALL", keys.mailbox(self._scripts.prefix, channel))
        held = {text(name): text(value) for name, value in flat.items()}
        looked = held.get("looked")
        return MailboxState(
            from_ms(int(looked)) if looked else None,
            held.get("trouble", ""),
            {name.removeprefix(COUNT): int(value) for name, value in held.items() if name.startswith(COUNT)},
        )
