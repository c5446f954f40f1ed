"""Curves of cost are measured, drawn, and told by the page that is made from them."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import redis

from benchmarks.curve import Series, svg
from benchmarks.growth import FIGURES, TINY
from benchmarks.growth_limits import COMPANY, SERVICE, Case, first_limit, kept_of, needs, run_of
from benchmarks.growth_page import PAGE, PICTURES, page, pictures
from benchmarks.redis_use import look
from tests.support.patience import PATIENCE

ROOT = Path(__file__).parent.parent.parent
SVG = "{http://www.w3.org/2000/svg}"


def parsed(picture: str) -> ET.Element:
    return ET.fromstring(picture)  # noqa: S314  # our own


def figures() -> Any:
    return json.loads(FIGURES.read_text("utf-8"))


@pytest.mark.slow
def test_every_curve_is_measured_with_real_clocks_and_runs_and_makes_a_page(tmp_path: Path) -> None:
    file = tmp_path / "growth.json"
    command = [sys.executable, "-m", "benchmarks.growth", "--size", "tiny", "--json", str(file)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert ran.returncode == 0, ran.stderr
    document = json.loads(file.read_text("utf-8"))
    first, second = document["schedules"]["points"]
    assert [one["schedules"] for one in (first, second)] == [20, 60]
    assert second["clock_mb"] > first["clock_mb"] > 0, "two clocks take more than one"
    assert second["busy"]["slots"] >= 6, "a tenth of both projects is due"
    assert [one["runs"] for one in document["ledger"]["points"]] == list(TINY.ledger)
    assert [one["owners"] for one in document["owners"]["points"]] == list(TINY.owners)
    fewer, more = document["readers"]["points"]
    assert more["redis"]["commands"] > fewer["redis"]["commands"], "each reader costs commands"
    assert "### A service with 1,000,000 schedules" in page(document)
    assert len(pictures(document)) == 5


def test_a_part_that_does_not_exist_is_named_beside_those_that_do() -> None:
    command = [sys.executable, "-m", "benchmarks.growth", "shedules"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert ran.returncode == 2
    assert "there is no part 'shedules'; there are schedules, rows, " in ran.stderr


def test_the_page_and_its_pictures_are_what_their_figures_make() -> None:
    assert PAGE.read_text("utf-8") == page(figures()), "run python -m benchmarks.growth_page"
    made = pictures(figures())
    assert {path.name for path in PICTURES.glob("growth-*.svg")} == set(made)
    for name, picture in made.items():
        assert (PICTURES / name).read_text("utf-8") == picture, name
        assert f"../pictures/{name}" in PAGE.read_text("utf-8")


def test_the_simulation_reached_a_million_schedules() -> None:
    largest = figures()["schedules"]["points"][-1]
    assert largest["schedules"] == 1_000_000
    assert largest["busy"]["slots"] >= 100_000


def test_a_cost_in_proportion_is_a_straight_line() -> None:
    drawn = parsed(svg("Cost", "rows", "ms", [Series("worker", ((1, 10), (10, 100), (100, 1000)))]))
    (line,) = drawn.iter(f"{SVG}polyline")
    (x1, y1), (x2, y2), (x3, y3) = (map(float, one.split(",")) for one in line.attrib["points"].split())
    assert x2 - x1 == pytest.approx(x3 - x2, abs=0.2)
    assert y2 - y1 == pytest.approx(y3 - y2, abs=0.2)
    assert y3 < y1, "upwards"
    assert "worker 10 at 1, 100 at 10, 1,000 at 100" in drawn.attrib["aria-label"]


def test_names_of_series_that_end_at_one_height_do_not_cover_each_other() -> None:
    drawn = parsed(svg("Cost", "a", "b", [Series(name, ((1, 5), (9, 5))) for name in ("one", "two")]))
    first, second = (float(one.attrib["y"]) for one in drawn.iter(f"{SVG}text") if one.attrib.get("class") == "name")
    assert abs(first - second) >= 15


def measured() -> dict[str, Any]:
    """Round figures: 1 ms of Redis and 10 ms of a worker for each reader, 1 kB for each run in the ledger."""
    runs = [
        {
            "readers": n,
            "cpu_ms": 10.0 * n,
            "redis": {"commands": 40 * n, "received": 1e3 * n, "log": 1e3 * n, "cpu": 0.001 * n},
        }
        for n in (1, 10)
    ]
    redis_use = {"cpu": 0.0001, "log": 0, "received": 0}
    largest = {
        "busy": {"redis": redis_use, "clock_cpu_us": 60.0},
        "redis_bytes_each": 2000,
        "bundle_bytes_each": 2000,
    }
    ledger = [{"runs": 100, "redis_kb": 100}, {"runs": 300, "redis_kb": 300}]
    return {"schedules": {"points": [largest]}, "readers": {"points": runs}, "ledger": {"points": ledger}}


def share(case: Case, part: str) -> float:
    return next(one.share for one in needs(case, measured()) if one.part == part)


def test_what_a_run_costs_is_read_from_the_line_through_the_points() -> None:
    assert run_of(measured()["readers"]["points"], 5)["cpu_ms"] == pytest.approx(50)
    assert kept_of(measured()["ledger"]["points"]) == pytest.approx(1024)


def test_needs_are_added_up_for_a_company_and_for_a_service() -> None:
    assert share(COMPANY, "Redis's processor, busiest minute") == pytest.approx(1_000 * 0.0001 / 60)
    assert share(SERVICE, "Redis's processor, busiest minute") == pytest.approx(100_000 * 0.0001 / 60)
    assert share(SERVICE, "worker processors, busiest hour") == pytest.approx(500_000 * 0.05 / 3600)
    kept = 1_000_000 * 400 * 5 / 7 * 1024
    assert share(SERVICE, "Redis's memory") == pytest.approx((kept + 2e9) / (64 * 2**30))
    accounts = [share(case, "requests to one account, busiest hour") for case in (COMPANY, SERVICE)]
    assert accounts[0] == pytest.approx(accounts[1]), "each account has a budget of its own"


def test_the_first_limit_is_the_largest_share_of_what_cannot_be_divided() -> None:
    found = needs(SERVICE, measured())
    assert found[0].divisible, "there are more worker processors than there is of anything else"
    assert first_limit(found).part == "Redis's memory"
    assert first_limit(needs(COMPANY, measured())).part == "requests to one account, busiest hour"


def test_what_redis_did_is_counted_with_what_scripts_call(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        before = look(client)
        client.eval("for i = 1, 50 do redis.call('SET', KEYS[1], i) end", 1, "counted")
        used = look(client).since(before)
    assert 51 <= used.commands < 60
    assert used.log > 0
    assert used.each(10)["commands"] == pytest.approx(used.commands / 10)
