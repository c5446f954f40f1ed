"""The page behind the link in a mail about alerts, in the reader's language and zone."""

from dataclasses import dataclass

from markupsafe import Markup

from worker.domain.alert.alerts_page import AlertsPage
from worker.domain.alert.carry import size
from worker.domain.alert.listed import ListedAlert
from worker.domain.alert.rule import Form
from worker.domain.alert.subject import NO_DATA_SUBJECT
from worker.rendering.alert.subject_words import is_deal
from worker.rendering.amount_words import amount_words
from worker.rendering.page.links import link
from worker.rendering.reader_pages import own_templates, style
from worker.rendering.wording import Wording


@dataclass(frozen=True, slots=True)
class AlertToAnswer:
    """`rule`: empty if the alert is called by it. `url`: the page at the service, with `open` as its link text; empty
    if there is none. `acked` and `quiet`: who silenced it, and until when; empty if nobody did.
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

    @property
    def waits(self) -> bool:
        """Whether nobody has answered it."""
        return not self.acked and not self.quiet


def alerts_page_html(page: AlertsPage, *, over: bool = False) -> str:
    """The forms post to the page's own address. `over`: the alert that was answered no longer fires."""
    entry, defaults, link = page.entry, page.defaults, page.link
    w = Wording(entry.locale if entry else defaults.locale, entry.zone if entry else defaults.timezone, page.now.year)
    alerts = [_shown(w, row) for row in sorted(page.alerts, key=_place)]
    return (
        own_templates()
        .get_template("web/alerts.html.j2")
        .render(
            w=w,
            style=Markup(style()),  # noqa: S704  # our own file
            name=w.clean(page.name),
            address=link.reader.address,
            alerts=alerts,
            alone=sum(one.waits for one in alerts) == 1,
            over=w.say("chat.over") if over else "",
            until=w.date(link.expires) if link.expires is not None else "",
        )
    )


def _place(row: ListedAlert) -> tuple[bool, int, float]:
    """Those that wait for an answer first, by severity, the largest first."""
    answered = row.ack is not None or row.quiet is not None
    return answered, -row.state.severity.rank, -size(row.state.facts.amount)


def _named(w: Wording, row: ListedAlert) -> tuple[str, str]:
    """What the alert is called, and its rule. A reader never sees the id of a query, so what is about a whole query is
    called by its rule.
    """
    rule, facts = w.clean(row.rule.name or row.rule.id), row.state.facts
    if row.subject == NO_DATA_SUBJECT:
        return rule, w.say("alert.no_data")
    return (rule, "") if row.rule.form is Form.QUERY else (w.named(facts.name, facts.key), rule)


def _shown(w: Wording, row: ListedAlert) -> AlertToAnswer:
    facts, quiet = row.state.facts, row.quiet
    name, rule = _named(w, row)
    until = w.stamp(quiet.until) if quiet is not None and quiet.until is not None else ""
    return AlertToAnswer(
        fingerprint=row.fingerprint,
        name=name,
        amount=amount_words(w, facts.amount),
        url=link(facts.url),
        open=w.say("alert.open_deal" if is_deal(facts) else "alert.open_page"),
        rule=rule,
        since=w.stamp(row.state.since),
        acked=w.say("web.alerts.acked", who=w.clean(row.ack.by), date=w.stamp(row.ack.at)) if row.ack else "",
        quiet=w.say("web.alerts.snoozed", date=until) if until else "",
    )
