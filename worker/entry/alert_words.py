"""Alerts as lines for the terminal."""

from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from worker.domain.alert.ready_made import NEVER
from worker.domain.delivery import shown_reader

ENDED = {"cleared": "its condition holds no longer", "rule_changed": "the rule was changed"}
REASONS = {
    "silenced": "a silence",
    "snoozed": "a snooze",
    "inhibited": "an alert of the rule",
    "acked": "an acknowledgement",
    "no_reader": "nobody who may see it, or was told of it",
}
STANDINGS = {
    "firing": "fires",
    "clearing": "fires, though its condition holds no longer",
    "pending": "is pending: its condition holds, but not yet for long enough",
    "happened": "happened",
    "held": "held then; what became of it since is not known",
    "unknown": "cannot be judged: value unknown",
    "quiet": "does not fire",
}

NEEDS = {
    "condition": "it fires when {texts}",
    "values": "it is judged when {texts} is known",
    "time": "it fires if its condition still holds at {at}",
    "cleared": "it is resolved if its condition still does not hold at {at}",
    "worse": "it is told as worse from {amount} on",
    "repeat": "the message is repeated if it still fires at {at}",
    "end": "it is resolved by a change of: {texts}",
}


def amount_text(amount: Mapping[str, Any] | None) -> str:
    """Of an amount's document; empty if there is none."""
    if amount is None:
        return ""
    money = amount["money"]
    if money is not None:
        return money_text(money)
    number, kind = amount["number"], amount["kind"]
    if number is None:
        return "value unknown"
    return f"{number:.1%}" if kind == "ratio" else f"{number:,g}"


def money_text(money: Mapping[str, Any]) -> str:
    return f"{Decimal(money['amount']).scaleb(-money['digits']):,f} {money['currency']}"


def quiet_text(quiet: Mapping[str, Any] | None) -> str:
    if quiet is None:
        return ""
    until = f" until {quiet['until']}" if quiet["until"] else ""
    comment = f": {quiet['comment']}" if quiet["comment"] else ""
    return f"{quiet['why']} by {quiet['by']}{until}{comment}"


def ack_text(ack: Mapping[str, Any] | None) -> str:
    if ack is None:
        return ""
    return f"acknowledged by {ack['by']} at {ack['at']}" + (f": {ack['comment']}" if ack["comment"] else "")


def alert_cells(alert: Mapping[str, Any]) -> tuple[str, ...]:
    """One line of the list."""
    subject = alert["subject"]
    return (
        alert["fingerprint"],
        f"{alert['schedule']}/{alert['rule']}",
        subject["name"] or subject["key"],
        amount_text(subject["amount"]),
        subject["owner"],
        alert["severity"],
        alert["state"],
        alert["since"],
        "; ".join(filter(None, (ack_text(alert["acknowledged"]), quiet_text(alert["quiet"])))),
    )


def alert_lines(alert: Mapping[str, Any]) -> Iterator[str]:
    """Everything about one alert."""
    yield f"{alert['fingerprint']}  {alert['schedule']}/{alert['rule']}  {alert['severity']}"
    subject = alert["subject"]
    facts = [subject["name"], amount_text(subject["amount"]), subject["owner"], subject["stage"]]
    yield f"  {', '.join(fact for fact in facts if fact)}"
    yield f"  {alert['state']} since {alert['since']}, evaluated last for {alert['evaluated']}"
    if alert["clearing"]:
        yield f"  its condition has not held since {alert['clearing']}"
    told = alert["last_message"]
    if told is not None:
        last = f"{told['slot']} ({', '.join(filter(None, (amount_text(told['amount']), told['severity'])))})"
        yield f"  told last for {last} to {', '.join(alert['readers'])}"
    for line in filter(None, (ack_text(alert["acknowledged"]), quiet_text(alert["quiet"]))):
        yield f"  {line}"
    yield "  labels: " + ", ".join(f'{name}="{value}"' for name, value in sorted(alert["labels"].items()))
    if subject["url"]:
        yield f"  {subject['url']}"


def run_alert_lines(alerts: Mapping[str, Any]) -> Iterator[str]:
    """The alerts of a run: the sum, then rule by rule."""
    balance = alerts["balance"]
    parts = {**balance["ends"], **balance["kept"]}
    told = " + ".join(f"{parts[name]} {name}" for name in parts)
    yield f"Alerts: {balance['fired']} to tell = {told}" if told else "Alerts: nothing to tell."
    for kept in alerts["kept"]:
        detail = f" {kept['detail']}" if kept["detail"] else ""
        why = f"{REASONS[kept['why']]}{detail}"
        yield f"  {kept['rule']} {kept['subject']} ({kept['reason']}) was told to nobody: {why}"
    for (reader, end), count in Counter((one["reader"], one["end"]) for one in alerts["ends"]).items():
        yield f"  {shown_reader(reader)}: {count} {end}"
    for rule in alerts["rules"]:
        yield from rule_lines(rule)


def rule_lines(rule: Mapping[str, Any]) -> Iterator[str]:
    """One rule in one run: what it did, and each subject with the values that its clauses saw."""
    condition = rule["written_out"]["if"]
    when = "tells only that data are missing" if condition == NEVER else f"if {condition}"
    yield f"{rule['schedule']}/{rule['rule']} in {rule['run']}: {when}"
    if rule["gap"] is not None or rule["skipped"] == "gap":
        why = rule["gap"]["sentence"] if rule["gap"] else "there was no answer"
        yield f"  no data: {why}; every alert stays as it was ({rule['missing']} in a row)"
    elif rule["skipped"]:
        reasons = {
            "older": "a later slot was evaluated before",
            "first_event": "the first evaluation only records",
            "unreadable": "another version of Funnelbeat wrote what is remembered of it; update this one",
        }
        yield f"  not evaluated: {reasons[rule['skipped']]}"
    for one in rule["transitions"]:
        yield f"  {_transition(one)}"
    for one in () if condition == NEVER else rule["subjects"]:
        yield from _subject_lines(one)
    if rule["more"]:
        yield f"  and {rule['more']} more; `funnelbeat alerts explain RULE SUBJECT` shows one of them"


def _transition(one: Mapping[str, Any]) -> str:
    told = one["reason"] or "told to nobody"
    why = f", {ENDED.get(one['why'], one['why'])}" if one["why"] else ""
    event = not one["before"] and not one["after"]
    step = "happened" if event else f"{one['before'] or 'inactive'} → {one['after'] or 'inactive'}"
    return f"{one['name'] or one['subject']}: {step} ({told}{why})"


def _subject_lines(one: Mapping[str, Any]) -> Iterator[str]:
    subject, alert = one["subject"], one["alert"]
    named = ", ".join(filter(None, (subject["name"] or subject["key"], amount_text(subject["amount"]))))
    since = f" since {alert['since']}" if alert is not None else ""
    yield f"  {named} {STANDINGS[one['standing']]}{since}"
    for clause in one["clauses"]:
        yield f"    {_clause(clause)}"
    if one["until"] is not None:
        yield f"    its end (`until`): {'holds' if one['until'] else 'does not hold'}"
    for line in (ack_text(alert["acknowledged"]), quiet_text(alert["quiet"])) if alert is not None else ():
        if line:
            yield f"    {line}"
    for need in one["next"]:
        yield f"    next: {_need(need)}"


def _clause(clause: Mapping[str, Any]) -> str:
    words = {True: "holds", False: "does not hold", None: "value unknown"}
    seen = ", ".join(f"{one['name']} is {_operand(one)}" for one in clause["operands"])
    return f"{clause['text']}: {words[clause['holds']]}" + (f" ({seen})" if seen else "")


def _operand(one: Mapping[str, Any]) -> str:
    if one["money"] is not None:
        return money_text(one["money"])
    return "unknown" if one["value"] is None else str(one["value"])


def _need(need: Mapping[str, Any]) -> str:
    texts = ", ".join(need["texts"])
    values = {"texts": texts or "every value", "at": need["at"], "amount": amount_text(need["amount"])}
    return NEEDS[need["need"]].format_map(values)
