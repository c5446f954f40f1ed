"""`source NAME webhooks add [EVENTS]` and `remove ID`: webhooks that a service posts to /hooks/NAME."""

from collections.abc import Awaitable, Callable, Sequence

from worker.domain.schedule import Bundle
from worker.domain.snapshot.snapshot import Column, Kind, Row, Table, table
from worker.entry.actor import command_line_actor
from worker.errors import RequestError
from worker.flow.operate.register_webhooks import (
    events_waited_for,
    hook_url,
    register_webhooks,
    unregister_webhook,
)
from worker.flow.services import Services
from worker.plugins import source_kind
from worker.ports import Catalog
from worker.ports.webhook_keys import RegisteredWebhook, Registrable

KIND = "webhooks"
VERBS = ("list", "add", "remove")
WRITES = ("add", "remove")

Work = Callable[[Services, Catalog], Awaitable[Table | None]]


def webhook_work(bundle: Bundle, name: str, verb: str, given: str) -> tuple[str, Work]:
    """What is done, in words for a question, and the work. `given`: events with commas between them, or an id. Raises
    RequestError for what cannot be done.
    """
    if verb not in VERBS:
        raise RequestError(f"{KIND}: found {verb!r}, expected one of {', '.join(VERBS)}")
    if verb == "list":
        return "", lambda _services, catalog: catalog.holds(KIND)
    url = hook_url(bundle, name)
    if verb == "remove":
        if not given:
            raise RequestError(f"{KIND} remove: write the id; `funnelbeat source {name} {KIND}` lists them")
        return f"remove webhook {given}", lambda services, catalog: _removed(services, catalog, name, url, given)
    events = _events(bundle, name, given)
    said = f"register {', '.join(events)} for {url}"
    return said, lambda services, catalog: _added(services, catalog, name, url, events)


async def _added(services: Services, catalog: Catalog, name: str, url: str, events: Sequence[str]) -> Table:
    source = _registrable(catalog, name)
    made = await register_webhooks(services, command_line_actor(), source, name, url, events)
    return _shown(made)


async def _removed(services: Services, catalog: Catalog, name: str, url: str, key: str) -> None:
    await unregister_webhook(services, command_line_actor(), _registrable(catalog, name), name, url, key)


def _registrable(catalog: Catalog, name: str) -> Registrable:
    if not isinstance(catalog, Registrable):
        raise RequestError(f"{name}: no webhook can be registered at a connection of this type")
    return catalog


def _events(bundle: Bundle, name: str, given: str) -> tuple[str, ...]:
    """Those that are named, or that schedules wait for."""
    contract = source_kind(bundle.connections[name].type).events
    if contract is None:
        raise RequestError(f"{name}: a connection of this type posts no events")
    named = tuple(dict.fromkeys(word.strip() for word in given.split(",") if word.strip()))
    events = named or events_waited_for(bundle, name)
    if not events:
        raise RequestError(f"{KIND} add: no schedule waits for an event of {name}; name one, such as deal.updated")
    unknown = [event for event in events if contract.known and event not in contract.known]
    if unknown:
        raise RequestError(f"{KIND} add: {name} posts no {unknown[0]!r}; it posts {', '.join(contract.known)}")
    return events


def _shown(made: Sequence[RegisteredWebhook]) -> Table:
    columns = (Column("url", Kind.TEXT), Column("events", Kind.TEXT))
    rows = [Row(one.id, (one.url, ", ".join(one.events))) for one in made]
    return table("new webhooks", columns, sorted(rows, key=lambda row: row.key))
