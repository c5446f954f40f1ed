"""A simple solution to compare with: Celery, one HTTP session and one mail connection per worker process.

It has no ledger, leases, bridge or retries. It compares with the last run in Redis and mails the changes. Its addresses
are in RIVAL_BROKER, RIVAL_REDIS, RIVAL_CLOSE and RIVAL_SMTP_PORT.
"""

import json
import os
import smtplib
from email.message import EmailMessage
from functools import cache
from typing import Any

import httpx
import redis
from celery import Celery
from jinja2 import Template

DONE = "rival:done"
PAGE = 100

app = Celery("rival", broker=os.environ.get("RIVAL_BROKER", "memory://"), set_as_current=False)
app.conf.update(
    task_default_queue="rival",
    task_acks_late=True,
    task_ignore_result=True,
    worker_prefetch_multiplier=1,
    broker_connection_retry_on_startup=True,
    worker_cancel_long_running_tasks_on_connection_loss=False,
)

BODY = Template(
    """<html><body><h1>{{ title }}</h1><p>{{ total }} open deals, {{ added|length }} new, {{ gone|length }} gone.</p>
<table>{% for deal in top %}<tr><td>{{ deal.lead_name|e }}</td><td>{{ deal.value_formatted|e }}</td></tr>{% endfor %}
</table>{% for old, new in changed %}<p>{{ new.lead_name|e }}: {{ old.value }} to {{ new.value }}</p>{% endfor %}
</body></html>"""
)


@cache
def store() -> redis.Redis:
    return redis.Redis.from_url(os.environ["RIVAL_REDIS"])


@cache
def session() -> httpx.Client:
    return httpx.Client(base_url=os.environ["RIVAL_CLOSE"], auth=("api_sandbox", ""), timeout=30, trust_env=False)


@cache
def mail() -> smtplib.SMTP:
    return smtplib.SMTP("127.0.0.1", int(os.environ["RIVAL_SMTP_PORT"]))


def fetch() -> dict[str, Any]:
    deals: dict[str, Any] = {}
    while True:
        params: dict[str, str | int] = {
            "status_type": "active",
            "_order_by": "date_created",
            "_skip": len(deals),
            "_limit": PAGE,
        }
        page = session().get("/opportunity/", params=params).raise_for_status().json()
        deals.update((deal["id"], deal) for deal in page["data"])
        if not page["has_more"]:
            return deals


def message(reader: str, title: str, html: str, text: str) -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = title, "reports@tern.example", reader
    mail.set_content(text)
    mail.add_alternative(html, subtype="html")
    return mail


@app.task(name="rival.report")
def report(number: int, readers: list[str]) -> None:
    deals = fetch()
    key = f"rival:last:{number}"
    last = store().get(key)
    before = json.loads(last) if isinstance(last, bytes) else {}
    added = [deal for deal in deals if deal not in before]
    gone = [deal for deal in before if deal not in deals]
    changed = [(before[i], deals[i]) for i in deals if i in before and before[i]["value"] != deals[i]["value"]]
    top = sorted(deals.values(), key=lambda deal: -(deal["value"] or 0))[:20]
    title = f"Digest {number}"
    html = BODY.render(title=title, total=len(deals), added=added, gone=gone, changed=changed, top=top)
    text = f"{len(deals)} open deals, {len(added)} new, {len(gone)} gone, {len(changed)} changed."
    for reader in readers:
        mail().send_message(message(reader, title, html, text))
    store().set(key, json.dumps(deals))
    store().incr(DONE)
