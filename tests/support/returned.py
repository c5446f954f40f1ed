"""A project whose mail channel has a mailbox of bounces and takes posted ones, and mails that come back to it."""

import base64
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from pathlib import Path

from tests.channels.email.test_bounce import REPORT
from tests.support.imap_server import PASSWORD, ImapRoom
from tests.support.in_process import SCHEDULE, InProcessRun, in_process_run
from worker.domain.delivery import Delivery
from worker.settings import Settings

SECRET = f"whsec_{base64.b64encode(b'b' * 32).decode()}"
KEY = "k" * 40
WEB = "https://beat.acme.example"
ADDRESS = "sales@acme.example"
SUBJECT = f"address mail {ADDRESS}"
SECRETS = {"BOUNCES": PASSWORD, "BOUNCE_SECRET": SECRET}
_PROJECT = """
project: acme
connections: {{close: {{type: sandbox}}}}
channels:
  mail:
    type: email
    url: "{smtp}"
    from: "Pipeline <reports@acme.example>"
    bounces: {{mailbox: "{imap}", password: "${{BOUNCES}}", every: 1s, secret: "${{BOUNCE_SECRET}}"}}
    unsubscribe_mailbox: stop@acme.example
web: {{base_url: "{web}"}}
defaults: {{timezone: Europe/Berlin, operator: ops@acme.example}}
"""


@asynccontextmanager
async def returning(redis_url: str, place: Path, room: ImapRoom) -> AsyncIterator[InProcessRun]:
    """SECRETS must be set in the environment."""
    async with in_process_run(redis_url, place, Settings(link_key=KEY)) as week:
        text = _PROJECT.format(smtp=week.box.smtp_url, imap=room.url, web=WEB)
        (place / "funnelbeat.yaml").write_text(text, encoding="utf-8")
        await week.deploy(SCHEDULE)
        yield week


def dsn(row: Delivery, diagnostic: str = "550 5.1.1 User unknown", status: str = "5.1.1") -> bytes:
    """A bounce of the mail of this delivery."""
    text = REPORT.replace("ann@initech.example", row.key.address).replace("0123abcd", row.key.digest)
    text = re.sub(r"Status: .*", f"Status: {status}", text)
    return re.sub(r"Diagnostic-Code: .*\n    .*", f"Diagnostic-Code: smtp; {diagnostic}", text).encode()


def sent_to(week: InProcessRun, address: str) -> bytes:
    """The last mail to an address, as it was received."""
    return [item.body for item in week.box.outbox.items if f"To: {address}".encode() in item.body][-1]


def asks_to_stop(mail: bytes) -> bytes:
    """What a mail program sends by the `mailto:` of List-Unsubscribe."""
    header = str(message_from_bytes(mail, policy=policy.default)["List-Unsubscribe"])
    found = re.search(r"<mailto:(?P<to>[^?>]+)\?subject=(?P<subject>[^>]+)>", header)
    assert found is not None, header
    subject = found["subject"].replace("%20", " ")
    return f"From: somebody@acme.example\r\nTo: {found['to']}\r\nSubject: {subject}\r\n\r\n".encode()
