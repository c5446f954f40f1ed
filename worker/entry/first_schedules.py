"""What `init` writes for a person's own service: the project, and one schedule about the chosen pipeline or website."""

PROJECT = """\
# What this project talks to. Messages go to a sandbox on this machine until a channel is yours.
project: {name}
connections:
  {service}: {{{options}}}
channels:
  email: {{type: sandbox}}
  # yours: {{type: email, url: "smtp://me@acme.example:587", password: "${{SMTP_PASSWORD}}", from: me@acme.example}}
  slack: {{type: sandbox}}
  # yours: {{type: slack, token: "${{SLACK_BOT_TOKEN}}"}}
defaults: {{timezone: Europe/Berlin, locale: en_GB, week_start: monday, operator: ops@acme.example}}
"""

_CLOSE = """\
# Every Monday at nine: what moved in the pipeline since the last digest each reader received.
name: Weekly pipeline
when: {cron: "0 9 * * MON", timezone: Europe/Berlin, catch_up: latest}
report:
  - id: deals                            # every open deal, and what became of those that left
    source: close
    query: opportunities
    follow: closed
    params: {pipeline: CHOSEN, status_type: active}
digest: {template: pipeline, bridge: deals, send: always}
to:
  - {id: team, channel: email, address: sales@acme.example}
"""

_PIPEDRIVE = """\
# Every Monday at nine: what moved in the pipeline since the last digest each reader received.
name: Weekly pipeline
when: {cron: "0 9 * * MON", timezone: Europe/Berlin, catch_up: latest}
report:
  - id: deals                            # every open deal, and what became of those that left
    source: pipedrive
    query: deals
    follow: closed
    params: {pipeline_id: CHOSEN, status: open}
digest: {template: pipeline, bridge: deals, send: always}
to:
  - {id: team, channel: email, address: sales@acme.example}
"""

_UMAMI = """\
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

SCHEDULES = {
    "close": ("pipelines", "weekly-pipeline", _CLOSE),
    "pipedrive": ("pipelines", "weekly-pipeline", _PIPEDRIVE),
    "umami": ("websites", "weekly-website", _UMAMI),
}
"""Service → what to choose from, the schedule's id, and its text. CHOSEN stands for the id that was chosen."""
