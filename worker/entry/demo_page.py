"""demo-out/index.html: every message of a demo on one page, and the bridge of the second digest next to the journal."""

import email
import email.policy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from html import escape
from pathlib import Path
from typing import Any

from worker.entry.bridge_words import amount_of, bridge_labels
from worker.sandbox.outbox import as_shown

PAGE = "index.html"
PHONE, DESKTOP, HEIGHT = 375, 760, 720
"""Pixels of the frames that show a mail."""

_HEAD = """\
<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>What the demo delivered</title>
<style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { margin: 2rem auto; max-width: 76rem; padding: 0 1rem }
table { border-collapse: collapse } td, th { padding: .15rem 1.2rem .15rem 0; text-align: right }
th:first-child, td:first-child { text-align: left }
.frames { display: flex; flex-wrap: wrap; gap: 1rem }
iframe { border: 1px solid #8888; background: #fff; max-width: 100% }
pre { white-space: pre-wrap; border-left: 3px solid #8888; margin: .5rem 0; padding-left: 1rem }
small { opacity: .7 }
</style>
<h1>What the demo delivered</h1>
"""


@dataclass(frozen=True, slots=True)
class DemoMessage:
    """A file that was delivered. `html` and `text`: of a mail; a post has its plain form as `text`."""

    file: str
    to: str
    title: str
    text: str
    html: str = ""


def write_page(out: Path, example: str, bridge: Mapping[str, Mapping[str, int]], journal: Mapping[str, Any]) -> Path:
    """`example`: the name of the schedule whose digests come first, in the order in which they were sent. `bridge`:
    of its second run, and `journal`: what really happened; both in minor units. Returns the page. Raises OSError.
    """
    mails, posts = list(_mails(out)), list(_posts(out))
    mails.sort(key=lambda mail: (example not in mail.title, mail.file))
    page = out / PAGE
    parts = [_HEAD, *_compared(bridge, journal["bridge"]), *map(_mail, mails), "<h2>Posts</h2>\n", *map(_post, posts)]
    page.write_text("".join(parts), encoding="utf-8")
    return page


def _mails(out: Path) -> Iterator[DemoMessage]:
    for path in sorted(out.glob("*.eml")):
        mail = email.message_from_bytes(path.read_bytes(), _class=EmailMessage, policy=email.policy.default)
        html, text = mail.get_body(("html",)), mail.get_body(("plain",))
        yield DemoMessage(
            path.name,
            str(mail["To"]),
            str(mail["Subject"]),
            text.get_content() if text is not None else "",
            html.get_content() if html is not None else "",
        )


def _posts(out: Path) -> Iterator[DemoMessage]:
    for path in sorted(out.glob("*.*.json")):
        post = json.loads(path.read_text("utf-8"))
        where = "in the thread of" if "thread_ts" in post else "to"
        text = as_shown(path.name, str(post.get("text", "")))
        yield DemoMessage(path.name, f"{where} {post.get('channel', '')}", "", text)


def _compared(bridge: Mapping[str, Mapping[str, int]], truth: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    """One table for each currency: the digest's own amounts, and those of the journal."""
    for currency, terms in truth.items():
        own = bridge.get(currency, {})
        yield "<h2>Why the total changed: the second digest, and what really happened</h2>\n<table>\n"
        yield "<tr><th><th>Digest<th>Journal\n"
        for name, label in bridge_labels().items():
            if terms.get(name) or own.get(name):
                amounts = (escape(amount_of(name, side.get(name, 0), currency)) for side in (own, terms))
                yield f"<tr><td>{escape(label)}<td>{'<td>'.join(amounts)}\n"
        yield "</table>\n"


def _mail(mail: DemoMessage) -> str:
    """On a phone and on a desktop. The frame runs no script, and a link opens outside of it."""
    source = escape(mail.html, quote=True)
    frames = "".join(
        f'<iframe sandbox="allow-popups" width="{width}" height="{HEIGHT}" srcdoc="{source}"></iframe>'
        for width in (PHONE, DESKTOP)
    )
    return f'<h2>{escape(mail.title)}</h2>\n<p>{_origin(mail)}</p>\n<div class="frames">{frames}</div>\n'


def _post(post: DemoMessage) -> str:
    return f"<p>{_origin(post)}</p><pre>{escape(post.text)}</pre>\n"


def _origin(message: DemoMessage) -> str:
    file = escape(message.file, quote=True)
    return f'<small>{escape(message.to)} · <a href="{file}">{file}</a></small>'
