"""Close as one object: what a connection of this type offers, and what `init` asks for it."""

import re
from collections.abc import Mapping

from worker.ports.init_forms import FirstSchedule, InitField, InitForm
from worker.ports.kinds import RuleViolation, SourceKind, StandIn, required_with, webhook_option
from worker.sources.close.catalog import KINDS
from worker.sources.close.endpoints import ENDPOINTS
from worker.sources.close.events import EVENTS
from worker.sources.close.notes import NOTES
from worker.sources.close.source import BASE_URL, open_source
from worker.sources.close.specs import OPTIONS, QUERIES
from worker.sources.close.words import WORDS

_FORM = InitForm(
    fields=(
        InitField("base_url", "Address of the API", default=BASE_URL),
        InitField("api_key", "API key", variable="CLOSE_API_KEY"),
    ),
    choose="pipelines",
)

_WEEKLY = """\
# Every Monday at nine: what moved in the pipeline since the last digest each reader received, and who must act.
name: Weekly pipeline
when: {cron: "0 9 * * MON", timezone: Europe/Berlin, catch_up: latest}
report:
  - id: stages                           # the funnel, against the week before
    source: close
    query: funnel_stages
    window: last-week
    compare: previous
    params: {pipeline: CHOSEN, type: active-stage-cohort}
  - id: deals                            # every open deal, and what became of those that left
    source: close
    query: opportunities
    follow: closed
    params: {pipeline: CHOSEN, status_type: active}
  - id: stalled                          # nobody works on these, by Close's own rule
    source: close
    query: opportunities
    follow: departures
    params: {pipeline: CHOSEN, status_type: active, is_stalled: true}
    show: {limit: 20}
digest: {template: pipeline, bridge: deals, send: always}
to:
  - {id: team, channel: email, address: sales@acme.example}
"""

_RENEWAL = required_with("refresh_token", "client_id", "client_secret")
_ITS_OWN = re.compile(r"https://([a-z0-9-]+\.)*close\.com(:443)?(?P<path>/.*)?", re.IGNORECASE)


def _faults(options: Mapping[str, str]) -> tuple[RuleViolation, ...]:
    """A host other than Close's own may serve the API at any path."""
    own = _ITS_OWN.fullmatch(options.get("base_url", ""))
    if own is None or (own["path"] or "").rstrip("/") == "/api/v1":
        return _RENEWAL(options)
    wrong = RuleViolation(("base_url",), "`base_url` without /api/v1", f"write {BASE_URL}, or leave it out")
    return (*_RENEWAL(options), wrong)


CLOSE = SourceKind(
    type="close",
    options=(*OPTIONS, webhook_option(EVENTS)),
    queries=QUERIES,
    open=open_source,
    one_of=(("api_key", "access_token", "refresh_token"),),
    faults=_faults,
    catalogue=KINDS,
    ask_for_init=_FORM,
    first_schedules=(FirstSchedule("weekly-pipeline", _WEEKLY),),
    stand_in=StandIn("sandbox", {"api_key": "api_sandbox"}),
    example='{type: close, api_key: "${CLOSE_API_KEY}"}',
    endpoints=ENDPOINTS,
    words=WORDS,
    notes=NOTES,
    events=EVENTS,
)
