"""deploy/prometheus and deploy/grafana: every expression is PromQL, and asks for what /metrics has."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from worker.adapters.metrics import exposition
from worker.domain.heartbeat import Alive
from worker.domain.measurements import ConnectionBudget, LedgerReading, Measurements, WebhookCounts

ROOT = Path(__file__).parents[1]
RULES = yaml.safe_load((ROOT / "deploy/prometheus/rules.yaml").read_text("utf-8"))
DASHBOARD = json.loads((ROOT / "deploy/grafana/dashboard.json").read_text("utf-8"))
PAGE = (ROOT / "docs/operations/metrics.md").read_text("utf-8")
NOW = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)

Labels = Mapping[str, str]


@cache
def samples() -> dict[str, tuple[Labels, ...]]:
    """What /metrics has of an installation in which nothing was counted yet: the labels of each sample by its name."""
    budgets = {"close": ConnectionBudget(0.1, 1000, 900, NOW)}
    alive = tuple(Alive(kind, "here", 1, NOW) for kind in ("clock", "worker"))
    posts = {"close": {"unsigned": 1, "accepted": 1}}
    made = Measurements(LedgerReading(NOW, {}, budgets=budgets), alive, {}, posts, {"ops": WebhookCounts()})
    body, _ = exposition(made, "")
    found: dict[str, list[Labels]] = {}
    for family in text_string_to_metric_families(body.decode()):
        for sample in family.samples:
            found.setdefault(sample.name, []).append(sample.labels)
    return {name: tuple(labels) for name, labels in found.items()}


def rules() -> list[dict[str, Any]]:
    return [rule for group in RULES["groups"] for rule in group["rules"]]


def targets() -> list[tuple[str, str]]:
    """The panel's title and an expression, with a length of time instead of Grafana's variable."""
    return [
        (panel["title"], target["expr"].replace("$__rate_interval", "5m"))
        for panel in DASHBOARD["panels"]
        for target in panel["targets"]
    ]


def expressions() -> list[tuple[str, str]]:
    return [(rule["alert"], rule["expr"]) for rule in rules()] + targets()


def selectors(node: object) -> Iterator[promql_parser.VectorSelector]:
    if isinstance(node, promql_parser.VectorSelector):
        yield node
        return
    for name in ("lhs", "rhs", "expr", "vector_selector"):
        inner = getattr(node, name, None)
        if inner is not None:
            yield from selectors(inner)
    for one in getattr(node, "args", None) or ():
        yield from selectors(one)


def fits(labels: Labels, matcher: promql_parser.Matcher) -> bool:
    value, wanted, op = labels.get(matcher.name, ""), matcher.value, str(matcher.op)
    equal = re.fullmatch(wanted, value) is not None if "Re" in op else value == wanted
    return equal is not ("Not" in op)


@pytest.mark.parametrize(("name", "expression"), expressions(), ids=lambda one: one[:40])
def test_an_expression_asks_for_samples_that_are_there_from_the_beginning(name: str, expression: str) -> None:
    found = list(selectors(promql_parser.parse(expression)))
    assert found
    for one in found:
        if one.name == "up":
            continue
        assert one.name in samples(), name
        there = samples()[one.name]
        for matcher in one.matchers.matchers:
            assert all(matcher.name in labels for labels in there), f"{name}: {matcher.name} is no label of {one.name}"
        fitting = [labels for labels in there if all(fits(labels, m) for m in one.matchers.matchers)]
        assert fitting or not there, f"{name}: no sample fits {one}"


def test_a_counter_is_zero_before_it_is_counted() -> None:
    """`increase()` does not see a counter that begins at 1."""
    watched = {str(one.name) for rule in rules() for one in selectors(promql_parser.parse(rule["expr"]))}
    assert {name for name in watched if name.endswith("_total") and name not in samples()} == set()


def test_by_names_labels_that_there_are() -> None:
    for name, expression in expressions():
        for metric, by in _aggregated(promql_parser.parse(expression)):
            for labels in samples()[metric]:
                assert by <= set(labels), name


def _aggregated(node: object) -> Iterator[tuple[str, set[str]]]:
    if isinstance(node, promql_parser.AggregateExpr) and node.modifier is not None:
        for one in selectors(node.expr):
            yield str(one.name), set(node.modifier.labels)
    for name in ("lhs", "rhs", "expr"):
        inner = getattr(node, name, None)
        if inner is not None:
            yield from _aggregated(inner)


def test_a_rule_has_a_name_of_its_own_a_severity_and_a_summary() -> None:
    names = [rule["alert"] for rule in rules()]
    assert len(set(names)) == len(names)
    for rule in rules():
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        assert rule["labels"]["severity"] in {"warning", "critical"}
        assert rule["annotations"]["summary"].endswith((".", "?"))


def test_each_metric_is_on_the_page_and_the_dashboard() -> None:
    described = dict(re.findall(r"^\| `(funnelbeat_\w+)` \| (counter|gauge) \|", PAGE, re.MULTILINE))
    assert described == {name: "counter" if name.endswith("_total") else "gauge" for name in samples()}
    shown = {str(one.name) for _, expression in targets() for one in selectors(promql_parser.parse(expression))}
    assert shown == set(described)


def test_the_labels_on_the_page_are_those_of_the_metric() -> None:
    told = re.findall(r"^\| `(funnelbeat_\w+)` \| \w+ \| ([^|]*)\|", PAGE, re.MULTILINE)
    for name, labels in told:
        for sample in samples().get(name, ()):
            assert {one.strip() for one in labels.split(",") if one.strip()} == set(sample), name


def test_the_panels_do_not_overlap_and_each_says_its_source() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells
        assert panel["datasource"]["uid"] == "${datasource}"
    assert [one["name"] for one in DASHBOARD["templating"]["list"]] == ["datasource"]
