"""`extends`: a schedule takes the keys of a file in pieces/."""

import json
import re
from collections import UserDict
from collections.abc import ItemsView
from pathlib import Path
from typing import cast

import pytest
import yaml
from typer.testing import CliRunner

from worker.adapters.definitions.extends import DEEPEST, Merged, merged
from worker.adapters.definitions.load import Loaded, load
from worker.adapters.definitions.place import Path as Path_
from worker.adapters.definitions.place import Spot
from worker.app import registry
from worker.domain.schedule import Schedule
from worker.entry.cli import app

PROJECT = """\
project: acme
connections: {close: {type: sandbox}}
channels: {mail: {type: sandbox}}
defaults: {timezone: Europe/Berlin}
"""
BASE = """\
name: Team pipeline
when: {cron: "0 9 * * MON", catch_up: none}
report:
  - {id: deals, source: close, query: opportunities, follow: closed, params: {pipeline: one, status_type: active}}
  - {id: stalled, source: close, query: opportunities, params: {pipeline: one, status_type: active, is_stalled: true}}
digest: {bridge: deals, send: on_change}
to:
  - {id: boss, channel: mail, address: boss@acme.example}
"""
NORTH = """\
extends: base.yaml
name: North
report:
  - {id: deals, params: {pipeline: two}}
to:
  - {id: team, channel: mail, address: north@acme.example}
"""


def project(place: Path, **files: str) -> Loaded:
    """`files`: by path, with __ for a slash and without their suffix."""
    (place / "funnelbeat.yaml").write_text(PROJECT, "utf-8")
    for name, text in {"pieces__base": BASE, "schedules__north": NORTH, **files}.items():
        path = place / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text, "utf-8")
    return load(place, registry())


def north(loaded: Loaded) -> Schedule:
    assert loaded.bundle is not None, loaded.complaints
    return loaded.bundle.schedules["north"]


def said(loaded: Loaded) -> list[str]:
    return [str(one) for one in loaded.complaints]


def test_keys_are_merged_and_lists_by_their_ids(tmp_path: Path) -> None:
    made = north(project(tmp_path))
    assert (made.name, made.trigger.expression, made.catch_up) == ("North", "0 9 * * MON", "none")
    assert [(one.id, dict(one.params)["pipeline"]) for one in made.report] == [("deals", "two"), ("stalled", "one")]
    assert [(one.id, one.address) for one in made.to] == [("boss", "boss@acme.example"), ("team", "north@acme.example")]
    assert {one.send for one in made.to} == {"on_change"}


def test_an_empty_key_takes_the_key_of_the_base_away_and_other_lists_are_replaced(tmp_path: Path) -> None:
    text = NORTH + "when: {cron: , every: 2h}\ndigest: {bridge: }\n"
    made = north(project(tmp_path, schedules__north=text))
    assert (made.trigger.seconds, made.bridge) == (7200, None)


def test_a_base_may_extend_another_and_no_base_is_a_schedule(tmp_path: Path) -> None:
    loaded = project(tmp_path, pieces__base="extends: team/all.yaml\ngrace: 5m\n", pieces__team__all=BASE)
    assert (north(loaded).grace, north(loaded).report[1].id) == (300, "stalled")
    assert loaded.bundle is not None
    assert list(loaded.bundle.schedules) == ["north"]


def test_a_complaint_names_the_file_and_line_where_the_value_is_from(tmp_path: Path) -> None:
    loaded = project(
        tmp_path,
        pieces__base=BASE.replace("query: opportunities, params", "query: oportunities, params"),
        schedules__south=NORTH.replace("channel: mail", "channel: mial"),
    )
    first, second = said(loaded)
    assert first.startswith("pieces/base.yaml:5:41: `query` with ")
    assert second.startswith("schedules/south.yaml:6:25: ")


def test_what_is_missing_is_missed_in_the_schedule(tmp_path: Path) -> None:
    (only,) = said(project(tmp_path, pieces__base="grace: 5m\n", schedules__north="extends: base.yaml\nreport: []\n"))[
        :1
    ]
    assert only.startswith("schedules/north.yaml:1:1: ")


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"schedules__north": "extends: none.yaml\n"}, "north.yaml:1:10: `extends: none.yaml`; write pieces/none.yaml"),
        ({"schedules__north": "extends: ../../secret.yaml\n"}, "write a file below pieces/, such as base.yaml"),
        ({"schedules__north": "extends: /etc/passwd\n"}, "write a file below pieces/, such as base.yaml"),
        ({"schedules__north": "extends: [a.yaml]\n"}, "write a file below pieces/, such as base.yaml"),
        ({"schedules__north": "extends:\n"}, "write a file below pieces/, such as base.yaml"),
        ({"pieces__base": "extends: base.yaml\n"}, "a circle of `extends`: schedules/north.yaml → pieces/base.yaml → "),
        ({"pieces__base": "extends: b.yaml\n", "pieces__b": "extends: base.yaml\n"}, "pieces/b.yaml:1:10: a circle"),
        ({"pieces__base": "- a\n"}, "pieces/base.yaml:1:1: no keys"),
        ({"pieces__base": ""}, "pieces/base.yaml:1:1: no keys"),
        ({"pieces__base": "a: [\n"}, "pieces/base.yaml:"),
        ({"pieces__base": "naem: x\n" + BASE}, "pieces/base.yaml:1:1: `naem`"),
        ({"pieces__base": 'grace: "${KEY}"\n'}, "pieces/base.yaml:1:8: "),
    ],
)  # fmt: skip
def test_what_cannot_be_extended_is_refused_with_its_place(
    tmp_path: Path, files: dict[str, str], expected: str
) -> None:
    complaints = said(project(tmp_path, **files))
    assert any(expected in one for one in complaints), complaints


def test_a_link_out_of_the_project_is_refused_and_chains_are_bounded(tmp_path: Path) -> None:
    outside = tmp_path / "outside.yaml"
    outside.write_text("name: x\n", "utf-8")
    place = tmp_path / "project"
    (place / "pieces").mkdir(parents=True)
    (place / "pieces" / "link.yaml").symlink_to(outside)
    loaded = project(place, schedules__north="extends: link.yaml\n")
    assert any("a link that leads out of the project" in one for one in said(loaded))
    (place / "pieces" / "folder").symlink_to(tmp_path)
    loaded = project(place, schedules__north="extends: folder/outside.yaml\n")
    assert any("pieces/folder/outside.yaml:1:1: a link that leads out" in one for one in said(loaded)), said(loaded)
    (place / "pieces" / "itself.yaml").symlink_to("itself.yaml")
    loaded = project(place, schedules__north="extends: itself.yaml\n")
    assert any("pieces/itself.yaml:1:1: what is not a file" in one for one in said(loaded)), said(loaded)
    chain = {f"pieces__c{n}": f"extends: c{n + 1}.yaml\n" for n in range(DEEPEST + 2)}
    loaded = project(place, schedules__north="extends: c0.yaml\n", **chain)
    assert any(f"more than {DEEPEST} files" in one for one in said(loaded))


class CountedSpots(UserDict[Path_, Spot]):
    """Counts how often all positions are gone through."""

    rounds = 0

    def items(self) -> ItemsView[Path_, Spot]:
        self.rounds += 1
        return super().items()


def test_positions_are_gone_through_once_for_a_list_and_not_for_each_of_its_readers() -> None:
    readers = [{"id": f"r{n}"} for n in range(500)]
    spots = CountedSpots({(n, "id"): Spot((n + 1, 1)) for n in range(500)})
    found = merged(
        Merged(readers, cast("dict[Path_, Spot]", spots)),
        Merged([{"id": "r7", "rows": "x"}], {(0, "rows"): Spot((9, 9))}),
    )
    assert (len(found.value), found.value[7], found.spots[(7, "rows")]) == (
        500,
        {"id": "r7", "rows": "x"},
        Spot((9, 9)),
    )
    assert spots.rounds <= 2


def test_explain_shows_the_whole_schedule_which_loads_as_it_stands(tmp_path: Path) -> None:
    before = north(project(tmp_path))
    words = ["check", "--project", str(tmp_path), "--explain", "north"]
    text = CliRunner().invoke(app, words).stdout
    assert text.startswith("# schedules/north.yaml, with pieces/base.yaml\nname: North\n")
    assert yaml.safe_load(text)["report"][0]["params"]["pipeline"] == "two"
    document = json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)
    assert (document["files"], document["definition"]["name"]) == (["pieces/base.yaml"], "North")
    assert north(project(tmp_path, schedules__north=text)) == before


def test_the_example_of_the_docs_has_one_query_and_two_readers(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "team.md").read_text("utf-8")
    blocks = re.findall(r"^```\n# ((?:pieces|schedules)/\S+)\.yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    loaded = project(tmp_path, **{path.replace("/", "__"): text for path, text in blocks})
    email = loaded.complaints
    assert {one.found for one in email} == {'`channel` with "email", which is no channel'}
    (tmp_path / "funnelbeat.yaml").write_text(PROJECT.replace("mail:", "email:"), "utf-8")
    made = north(load(tmp_path, registry()))
    assert (len(made.report), [one.id for one in made.to]) == (1, ["boss", "team"])
