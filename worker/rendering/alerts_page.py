"""The page behind the link in a mail about alerts, in the reader's language and zone."""

from dataclasses import dataclass

from markupsafe import Markup

from worker.domain.alert.alerts_page import AlertsPage
from worker.domain.alert.listed import ListedAlert
from worker.rendering.alert.subject_words import is_deal
from worker.rendering.amount_words import amount_words
from worker.rendering.page.links import link
from worker.rendering.reader_pages import own_templates, style
from worker.rendering.wording import Wording


@dataclass(frozen=True, slots=True)
class AlertToAnswer:
    """`url`: the page at the service, with `open` as its link text; empty if there is none. `acked` and `quiet`: who
    silenced it, and until when; empty if nobody did.
    """

    fingerprint: str
    name: str
    amount: str
    url: str
    open: str
    rule: str
    since: str
    acked: str
    quiet: str


def alerts_page_html(page: AlertsPage, *, over: bool = False) -> str:
    """The forms post to the page's own address. `over`: the alert that was answered no longer fires."""
    entry, defaults, link = page.entry, page.defaults, page.link
    w = Wording(entry.locale if entry else defaults.locale, entry.zone if entry else defaults.timezone, page.now.year)
    return (
        own_templates()
        .get_template("web/alerts.html.j2")
        .render(
            w=w,
            style=Markup(style()),  # noqa: S704  # our own file
            name=w.clean(page.name),
            address=link.reader.address,
            alerts=[_shown(w, row) for row in page.alerts],
            over=w.say("chat.over") if over else "",
            until=w.date(link.expires) if link.expires is not None else "",
        )
    )


def _shown(w: Wording, row: ListedAlert) -> AlertToAnswer:
    facts, quiet = row.state.facts, row.quiet
    until = w.stamp(quiet.until) if quiet is not None and quiet.until is not None else ""
    return AlertToAnswer(
        fingerprint=row.fingerprint,
        name=w.named(facts.name, facts.key),
        amount=amount_words(w, facts.amount),
        url=link(facts.url),
        open=w.say("alert.open_deal" if is_deal(facts) else "alert.open_page"),
        rule=w.clean(row.rule.name or row.rule.id),
        since=w.stamp(row.state.since),
        acked=w.say("web.alerts.acked", who=w.clean(row.ack.by), date=w.stamp(row.ack.at)) if row.ack else "",
        quiet=w.say("web.alerts.snoozed", date=until) if until else "",
    )
