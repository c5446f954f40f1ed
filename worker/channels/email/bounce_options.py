"""The options of an email channel for returned mails: `bounces` and `unsubscribe_mailbox`."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from worker.adapters.imap_mailbox import ImapMailbox, parse_imap_url
from worker.adapters.smtp.addresses import ascii_address
from worker.adapters.webhook_signature import WebhookVerifier
from worker.channels.email.bounce_mailbox import EmailBounceMailbox
from worker.channels.email.bounce_webhook import EmailBounceWebhook
from worker.channels.email.oauth_options import open_tokens
from worker.domain.time.duration import DurationError, parse_duration
from worker.errors import RequestError, what_to_write
from worker.ports.bounces import BounceMailbox, BounceWebhook
from worker.ports.kinds import Option, RuleViolation
from worker.ports.tokens import Renewal

EVERY = "5m"
MAILBOX, PASSWORD, SECRET = "bounces.mailbox", "bounces.password", "bounces.secret"
UNSUBSCRIBE_MAILBOX = "unsubscribe_mailbox"

BOUNCE_OPTIONS = (
    Option(
        "bounces",
        note="where reports arrive about messages that could not be delivered",
        inbound=True,
        group=(
            Option("mailbox", note="imaps://user@host/INBOX (or imap://, STARTTLS required), read by the workers"),
            Option("password", secret=True, note="of the mailbox's user; without it, the token of `oauth` is used"),
            Option("every", note=f"how often the mailbox is read; default: {EVERY}"),
            Option("secret", secret=True, note="whsec_… that signs the reports posted to `web`"),
            Option("secret_previous", secret=True, note="also accepted, while the service changes to `secret`"),
        ),
    ),
    Option(
        UNSUBSCRIBE_MAILBOX,
        note="an address whose mail arrives in `bounces.mailbox`: readers can unsubscribe by mail",
        inbound=True,
    ),
)


def bounce_faults(options: Mapping[str, str]) -> Iterator[RuleViolation]:
    """The problems in these options."""
    written = {name for name in options if name.startswith("bounces.")}
    if written and not written & {MAILBOX, SECRET}:
        yield RuleViolation(("bounces",), "`bounces` without `mailbox` and `secret`", "write one of them, or both")
    if MAILBOX not in options:
        for name in ("password", "every"):
            if f"bounces.{name}" in options:
                yield RuleViolation(("bounces", name), f"`{name}` without `mailbox`", "write `mailbox` too")
    if "bounces.secret_previous" in options and SECRET not in options:
        yield RuleViolation(("bounces", "secret_previous"), "`secret_previous` without `secret`", "write `secret` too")
    yield from _mailbox_faults(options)
    yield from _unsubscribe_faults(options)


def _mailbox_faults(options: Mapping[str, str]) -> Iterator[RuleViolation]:
    if MAILBOX not in options:
        return
    try:
        parse_imap_url(options[MAILBOX])
    except ValueError as error:
        yield RuleViolation(("bounces", "mailbox"), "`mailbox` that cannot be used", str(error))
    try:
        if parse_duration(options.get("bounces.every", EVERY)) < 1:
            yield RuleViolation(("bounces", "every"), "`every` of less than a second", "write 1s or more")
    except DurationError as error:
        yield RuleViolation(("bounces", "every"), error.found, error.expected)


def _unsubscribe_faults(options: Mapping[str, str]) -> Iterator[RuleViolation]:
    if UNSUBSCRIBE_MAILBOX not in options:
        return
    try:
        plain = ascii_address(options[UNSUBSCRIBE_MAILBOX].strip()).isascii()
        why = "" if plain else "write one without letters beyond ASCII before the @"
    except ValueError as error:
        why = what_to_write(error)
    if why:
        yield RuleViolation((UNSUBSCRIBE_MAILBOX,), "an address that cannot be used", why)
    if MAILBOX not in options:
        expected = "write `bounces: {mailbox: …}` too, because nothing else reads what comes there"
        yield RuleViolation((UNSUBSCRIBE_MAILBOX,), f"`{UNSUBSCRIBE_MAILBOX}` without a mailbox", expected)


def look_every(options: Mapping[str, str]) -> int | None:
    """Seconds between two checks of the mailbox; None without a mailbox."""
    return parse_duration(options.get("bounces.every", EVERY)) if MAILBOX in options else None


def open_bounce_mailbox(
    options: Mapping[str, str], renewal: Renewal, clock: Callable[[], datetime]
) -> BounceMailbox | None:
    """A mailbox without a password of its own is read with the token for sending mails."""
    if MAILBOX not in options:
        return None
    try:
        server = parse_imap_url(options[MAILBOX])
    except ValueError as error:
        raise RequestError(f"email bounces.mailbox: {error}") from None
    tokens = None if PASSWORD in options else open_tokens(options, renewal, clock)
    return EmailBounceMailbox(ImapMailbox(server, options.get(PASSWORD, ""), tokens=tokens))


def open_bounce_webhook(options: Mapping[str, str]) -> BounceWebhook | None:
    secrets = [options[name] for name in (SECRET, "bounces.secret_previous") if name in options]
    return EmailBounceWebhook(WebhookVerifier(secrets)) if secrets else None


def unsubscribe_address(options: Mapping[str, str]) -> str:
    """The address to which readers may send a mail to unsubscribe; empty if there is none."""
    return ascii_address(options[UNSUBSCRIBE_MAILBOX].strip()) if UNSUBSCRIBE_MAILBOX in options else ""
