"""Umami as one object: what a connection of this type offers, and what `init` asks for it."""

from collections.abc import Mapping

from worker.ports.init_forms import FirstSchedule, InitField, InitForm
from worker.ports.kinds import SourceKind, StandIn, required_with, webhook_option
from worker.sources.common.signed_events import SIGNED_EVENTS
from worker.sources.umami import address
from worker.sources.umami.catalog import KINDS
from worker.sources.umami.endpoints import ENDPOINTS
from worker.sources.umami.notes import NOTES
from worker.sources.umami.source import open_source
from worker.sources.umami.specs import OPTIONS, QUERIES
from worker.sources.umami.words import WORDS


def _own_server(answered: Mapping[str, str]) -> bool:
    """A self-hosted server uses accounts. Umami Cloud uses keys."""
    return "base_url" in answered


_FORM = InitForm(
    fields=(
        InitField("base_url", "Where your Umami is served (Enter: Umami Cloud)", default=address.CLOUD),
        InitField("username", "User name", asked=_own_server),
        InitField("password", "Password", variable="UMAMI_PASSWORD", asked=_own_server),
        InitField("api_key", "API key", variable="UMAMI_API_KEY", asked=lambda answered: not _own_server(answered)),
    ),
    choose="websites",
)

_WEEKLY = """\
# Every Monday at eight: last week's visits, beside the week before.
name: Weekly website
when: {cron: "0 8 * * MON", timezone: Europe/Berlin, catch_up: latest}
report:
  - id: visits
    source: umami
    query: stats
    window: last-week
    compare: previous
    params: {websiteId: CHOSEN}
digest: {template: pipeline, send: always}
to:
  - {id: team, channel: email, address: sales@acme.example}
"""

UMAMI = SourceKind(
    type="umami",
    options=(*OPTIONS, webhook_option(SIGNED_EVENTS)),
    queries=QUERIES,
    open=open_source,
    one_of=(("username", "api_key"),),
    faults=required_with("username", "password", "base_url"),
    catalogue=KINDS,
    ask_for_init=_FORM,
    first_schedules=(FirstSchedule("weekly-website", _WEEKLY),),
    stand_in=StandIn("sandbox-umami", {"username": "digest", "password": "umami-sandbox"}),
    example='{type: umami, base_url: "https://stats.acme.example", username: me, password: "${UMAMI_PASSWORD}"}',
    endpoints=ENDPOINTS,
    words=WORDS,
    notes=NOTES,
    events=SIGNED_EVENTS,
)
