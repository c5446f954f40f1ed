"""Alerts: what fires and why, acknowledgements, silences, and what a rule would have reported for stored history."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import Field

from worker.documents.alerts import (
    alert_document,
    alerts_document,
    preview_of_silence,
    rule_explained_document,
    silence_document,
    silences_document,
    unacknowledged_document,
)
from worker.documents.alerts import silenced_document as made_document
from worker.documents.backtest import backtest_document
from worker.documents.major_units import in_major_units
from worker.domain.access import Actor, TokenScope
from worker.domain.alert.listed import ListedAlert
from worker.domain.alert.matcher_text import parse_matcher
from worker.errors import NotFound
from worker.flow.alert import acts
from worker.flow.alert.backtest import backtested
from worker.flow.alert.current import current, find_alert
from worker.flow.alert.deployed_rules import bundle_in_force, find_rule
from worker.flow.alert.explain_rules import explain_rule
from worker.flow.services import Services
from worker.web.api.answers import answer, page_of
from worker.web.api.few import Few
from worker.web.api.guard import Guard
from worker.web.api.once import once_route
from worker.web.api.parameters import FILLED, PAGE, Cursor, Limit, OfSchedule
from worker.web.api.shapes.alerts import (
    BackTestShape,
    CommentRequest,
    FiringAlertShape,
    MatchersRequest,
    MutesShape,
    NewSilenceShape,
    RuleExplainedShape,
    SilenceRequest,
    SilenceShape,
    SnoozeRequest,
    UnacknowledgedShape,
)
from worker.web.api.shapes.base import ListPage

AlertRef = Annotated[str, Path(max_length=100, description="An alert's fingerprint, or four characters or more of it.")]
RuleRef = Annotated[
    str, Path(max_length=300, description="SCHEDULE/RULE, or the id of a rule that only one schedule has.")
]
Matching = Annotated[
    list[Annotated[str, Field(pattern=FILLED)]] | None,
    Query(max_length=20, description="Only those that all these matchers match."),
]


def alert_reads(uses: Services, guard: Guard) -> APIRouter:
    router, few = APIRouter(dependencies=[Depends(guard.needs(TokenScope.READ))], tags=["alerts"]), Few()

    @router.get("/alerts", response_model=ListPage[FiringAlertShape])
    async def list_alerts(
        request: Request, match: Matching = None, schedule: OfSchedule = None, limit: Limit = PAGE, cursor: Cursor = ""
    ) -> Response:
        """Alerts that fire or are pending, by schedule, rule, severity and beginning."""
        rows = _after(await current(uses, schedule, [parse_matcher(text) for text in match or ()]), cursor)
        page = page_of(alerts_document(rows[: limit + 1]), limit, "fingerprint")
        return answer(request, in_major_units(page))

    @router.get("/alerts/{alert}", response_model=FiringAlertShape)
    async def show_alert(request: Request, alert: AlertRef) -> Response:
        """One alert: its subject, since when it fires, who was notified, and what keeps it quiet."""
        return answer(request, in_major_units(alert_document(await find_alert(uses, alert))))

    @router.get("/silences", response_model=list[SilenceShape])
    async def list_silences(
        request: Request, ended: Annotated[bool, Query(description="Those that are over, too.")] = False
    ) -> Response:
        """Silences and snoozes, oldest first."""
        now, known = await uses.clock.now(), await uses.alerts.silences()
        return answer(request, silences_document(one for one in known if ended or now < one.until))

    @router.post("/silences/preview", response_model=MutesShape)
    async def preview_silence(wanted: MatchersRequest) -> Any:
        """The alerts that a silence with these matchers would mute now. No silence is created."""
        muted = await acts.muted_by(uses, [parse_matcher(text) for text in wanted.matchers])
        return in_major_units(preview_of_silence(muted))

    @router.get("/rules/{rule:path}/explain", response_model=RuleExplainedShape)
    async def explain_a_rule(
        request: Request,
        rule: RuleRef,
        subject: Annotated[
            str | None, Query(pattern=FILLED, max_length=400, description="Only this key, name or fingerprint.")
        ] = None,
        limit: Annotated[int, Query(ge=1, le=1000, description="Subjects of each standing, at most.")] = PAGE,
    ) -> Response:
        """For each subject of a rule why it fires or not, with the values seen, and what would change it."""
        found = await explain_rule(uses, rule, subject)
        return answer(request, in_major_units(rule_explained_document(found, limit)))

    @router.get("/rules/{rule:path}/backtest", response_model=BackTestShape)
    async def back_test(
        request: Request, rule: RuleRef, days: Annotated[int, Query(ge=1, le=400, description="How far back.")] = 90
    ) -> Response:
        """What a rule would have sent for stored answers, to whom, and how often. Nothing is sent."""
        bundle = await bundle_in_force(uses.deployments)
        found = find_rule(bundle, rule)
        since = await uses.clock.now() - timedelta(days=days)
        async with few.one():
            tested = await backtested(uses, bundle, found.schedule, found.rule, since)
        return answer(request, backtest_document(tested))

    return router


def alert_changes(uses: Services, guard: Guard) -> APIRouter:
    router = APIRouter(tags=["alerts"], route_class=once_route(uses, guard))
    manages = Depends(guard.needs(TokenScope.MANAGE))

    @router.post("/alerts/{alert}/ack", response_model=FiringAlertShape)
    async def acknowledge(alert: AlertRef, wanted: CommentRequest, actor: Annotated[Actor, manages]) -> Any:
        """Stops repeats until the alert is resolved. Readers are still notified when it gets worse or ends."""
        return in_major_units(alert_document(await acts.acknowledge(uses, actor, alert, wanted.comment)))

    @router.post("/alerts/{alert}/unack", response_model=UnacknowledgedShape)
    async def unacknowledge(alert: AlertRef, actor: Annotated[Actor, manages]) -> Any:
        """Takes an acknowledgement back."""
        row, ended = await acts.unacknowledge(uses, actor, alert)
        return in_major_units(unacknowledged_document(row, was_acknowledged=ended))

    @router.post("/alerts/{alert}/snooze", status_code=201, response_model=NewSilenceShape)
    async def snooze(alert: AlertRef, wanted: SnoozeRequest, actor: Annotated[Actor, manages]) -> Any:
        """Keeps one alert quiet for a time. If it still fires after that, its readers are notified."""
        return in_major_units(made_document(await acts.snooze(uses, actor, alert, wanted.until, wanted.comment)))

    @router.post("/silences", status_code=201, response_model=NewSilenceShape)
    async def silence(wanted: SilenceRequest, actor: Annotated[Actor, manages]) -> Any:
        """Mutes every alert that the matchers match, until a given time."""
        matchers = [parse_matcher(text) for text in wanted.matchers]
        return in_major_units(made_document(await acts.silence(uses, actor, matchers, wanted.until, wanted.comment)))

    @router.delete("/silences/{silence}", response_model=SilenceShape)
    async def expire(
        silence: Annotated[str, Path(min_length=1, max_length=100, description="Its id, or the beginning of it.")],
        actor: Annotated[Actor, manages],
    ) -> Any:
        """Ends a silence or a snooze now. The next run reports what still fires."""
        return silence_document(await acts.expire(uses, actor, silence))

    return router


def _after(rows: tuple[ListedAlert, ...], cursor: str) -> tuple[ListedAlert, ...]:
    """Raises NotFound for a cursor whose alert is over: the pages are then of another list."""
    if not cursor:
        return rows
    at = next((n for n, row in enumerate(rows) if row.fingerprint == cursor), None)
    if at is None:
        raise NotFound(f"cursor: the alert {cursor!r} neither fires nor is pending any more; begin with the first page")
    return rows[at + 1 :]
