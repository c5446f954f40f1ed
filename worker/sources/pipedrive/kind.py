"""Pipedrive as one object: what a connection of this type offers, and what `init` asks for it."""

from worker.ports.init_forms import FirstSchedule, InitField, InitForm
from worker.ports.kinds import SourceKind, StandIn, required_with, webhook_option
from worker.sources.pipedrive.catalog import KINDS
from worker.sources.pipedrive.endpoints import ENDPOINTS
from worker.sources.pipedrive.events import EVENTS
from worker.sources.pipedrive.notes import NOTES
from worker.sources.pipedrive.source import open_source
from worker.sources.pipedrive.specs import OPTIONS, QUERIES
from worker.sources.pipedrive.words import WORDS

_FORM = InitForm(
    fields=(
        InitField(
            "company_domain",
            "Company (acme, where you open https://acme.pipedrive.com), or an address",
            address="base_url",
        ),
        InitField("api_token", "API token", variable="PIPEDRIVE_API_TOKEN"),
    ),
    choose="pipelines",
)

_WEEKLY = """\
# Every Monday at nine: what moved in the pipeline since the last digest each reader received, and who must act.
name: Weekly pipeline
when: {cron: "0 9 * * MON", timezone: Europe/Berlin, catch_up: latest}
report:
  - id: deals                            # every open deal, and what became of those that left
    source: pipedrive
    query: deals
    follow: closed
    params: {pipeline_id: CHOSEN, status: open}
  - id: rotten                           # so many days without an update, by Pipedrive's own rule
    source: pipedrive
    query: stalled_deals
    params: {pipeline_id: CHOSEN}
    show: {limit: 20}
  - id: conversion                       # the funnel, last week
    source: pipedrive
    query: conversion
    window: last-week
    params: {id: CHOSEN, user_id: all}
digest: {template: pipeline, bridge: deals, send: always}
to:
  - {id: team, channel: email, address: sales@acme.example}
"""

PIPEDRIVE = SourceKind(
    type="pipedrive",
    options=(*OPTIONS, webhook_option(EVENTS)),
    queries=QUERIES,
    open=open_source,
    one_of=(("company_domain", "base_url"), ("api_token", "access_token", "refresh_token")),
    faults=required_with("refresh_token", "client_id", "client_secret"),
    catalogue=tuple(KINDS),
    ask_for_init=_FORM,
    first_schedules=(FirstSchedule("weekly-pipeline", _WEEKLY),),
    stand_in=StandIn("sandbox-pipedrive", {"api_token": "5a" * 20}),
    example='{type: pipedrive, company_domain: acme, api_token: "${PIPEDRIVE_API_TOKEN}"}',
    endpoints=ENDPOINTS,
    words=WORDS,
    notes=NOTES,
    events=EVENTS,
)
