"""A project that is right, which the tests then break."""

from pathlib import Path

PROJECT = """\
project: acme-sales
connections:
  shop: {type: shelf, api_key: "${SHELF_KEY}"}
channels:
  email:
    type: mail
    url: "smtp://reports@mail.acme.example:587"
    password: "${MAIL_PASSWORD}"
    from: "Reports <r@acme.example>"
  room: {type: chat, webhook_url: "${file:hook.txt}"}
defaults: {timezone: Europe/Berlin, locale: en_GB, week_start: monday, operator: ops@acme.example}
"""

WEEKLY = """\
name: Weekly
when: {cron: "0 9 * * MON", timezone: America/New_York, catch_up: latest}
report:
  - id: funnel
    source: shop
    query: shop_totals
    window: last-week
    compare: previous
    params: {shop: shop_1, type: active}
  - id: deals
    source: shop
    query: deals
    follow: closed
    params: {shop: shop_1, status_type: active}
    show: {order_by: -value, limit: 20}
digest: {template: pipeline, bridge: deals, send: always}
to:
  - {id: team, channel: email, address: sales@ACME.example}
  - {channel: room}
"""

GOOD = {"funnelbeat.yaml": PROJECT, "schedules/weekly.yaml": WEEKLY, "hook.txt": "https://hooks.chat.example/1\n"}


def write(directory: Path, files: dict[str, str | bytes]) -> None:
    for name, content in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
