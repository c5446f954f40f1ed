"""Registers webhooks at a service, so that it posts its events to /hooks/CONNECTION, and removes them again."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from worker.domain.access import Actor
from worker.domain.schedule import Bundle
from worker.errors import NotFound, RequestError
from worker.flow.operate.audited import AuditUses, record
from worker.flow.uses import UsesWebhookKeys
from worker.ports.webhook_keys import RegisteredWebhook, Registrable


class RegisterUses(AuditUses, UsesWebhookKeys, Protocol): ...


def events_waited_for(bundle: Bundle, connection: str) -> tuple[str, ...]:
    """The events that the schedules of these definitions wait for at one connection, each as "object.action"."""
    triggers = [one.event for one in bundle.schedules.values() if one.event is not None]
    return tuple(sorted({one.name for one in triggers if one.connection == connection}))


def hook_url(bundle: Bundle, connection: str) -> str:
    """The address to which the service should post. Raises RequestError without a public address."""
    if not bundle.web:
        raise RequestError("`web: {base_url: …}` of funnelbeat.yaml is not written: the service is to post there")
    return f"{bundle.web}/hooks/{connection}"


async def register_webhooks(
    uses: RegisterUses, actor: Actor, source: Registrable, connection: str, url: str, events: Sequence[str]
) -> tuple[RegisteredWebhook, ...]:
    """The webhooks that were registered now; none for events that are registered already. Raises RequestError if the
    secret of a registered webhook is not known here, because its requests would be refused. If the process is killed
    just after the registration, the secret is lost, and the next call raises this error.
    """
    uses.webhook_keys.refuse_without_key()
    known, there = await uses.webhook_keys.all(connection), await source.webhooks()
    ours = [one for one in there if one.url == url]
    _refuse_unknown(ours, known, connection)
    missing = [event for event in events if not any(one.covers(event) for one in ours)]
    if not missing:
        return ()
    made = await source.add_webhook(url, missing)
    for one, secret in made:
        await uses.webhook_keys.keep(connection, one.id, secret)
    after = {"events": ", ".join(missing), "ids": ", ".join(one.id for one, _ in made)}
    await record(uses, actor, "source webhooks add", connection, after=after)
    return tuple(one for one, _ in made)


def _refuse_unknown(ours: Sequence[RegisteredWebhook], known: Mapping[str, str], connection: str) -> None:
    unknown = [one.id for one in ours if one.id not in known]
    if unknown:
        raise RequestError(
            f"{connection}: {', '.join(unknown)} posts here already, and its secret is not known: "
            f"`funnelbeat source {connection} webhooks remove {unknown[0]}`, then add it again"
        )


async def unregister_webhook(
    uses: RegisterUses, actor: Actor, source: Registrable, connection: str, url: str, key: str
) -> None:
    """Raises NotFound for an id that the service does not have, and RequestError for one that posts somewhere else."""
    found = next((one for one in await source.webhooks() if one.id == key), None)
    if found is None:
        await uses.webhook_keys.drop(connection, key)
        raise NotFound(f"{connection} has no webhook {key!r}; `funnelbeat source {connection} webhooks` lists them")
    if found.url != url:
        raise RequestError(f"{connection}: {key} posts to another address than {url}; remove it at the service")
    await source.remove_webhook(key)
    await uses.webhook_keys.drop(connection, key)
    await record(uses, actor, "source webhooks remove", connection, before={"id": key})
