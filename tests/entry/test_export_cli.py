"""`export`: a run's stored answers as files; real Redis, real sandbox."""

import csv
import io
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pyarrow.parquet
import pytest

from tests.support.command_line import CommandLine, command_line
from worker.adapters.redis_server import EmbeddedRedis


@pytest.fixture(scope="module")
def here(module_redis: EmbeddedRedis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    with command_line(module_redis, tmp_path_factory.mktemp("export") / "project") as made:
        made.run()
        made.run()
        yield made


@pytest.fixture(scope="module")
def whole(here: CommandLine) -> Any:
    return here.document_of("export", "asked@latest")


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"), newline="")))


def table_of(document: Any, query: str, table: str) -> Any:
    answer = next(one for one in document["answers"] if one["query"] == query)
    return next(one for one in answer["tables"] if one["table"] == table)


def test_json_holds_every_answer_with_its_rows_and_figures(whole: Any) -> None:
    assert [one["query"] for one in whole["answers"]] == ["funnel", "funnel:compared", "deals", "stalled"]
    first = table_of(whole, "deals", "opportunities")["rows"][0]
    assert set(first["cells"]["value"]) == {"amount", "currency"}
    assert first["cells"]["created_at"].endswith("Z")
    funnel = whole["answers"][0]
    assert funnel["window"]["name"] == "last-week"
    assert {one["key"] for one in funnel["measures"]} >= {"total.count"}


def test_csv_is_a_file_for_each_table_with_the_same_rows(here: CommandLine, whole: Any, tmp_path: Path) -> None:
    listed = here.document_of("export", "asked@latest", "--out", str(tmp_path / "out"))["files"]
    files = {Path(one["file"]).name: one["rows"] for one in listed}
    assert {"deals.opportunities.csv", "deals.figures.csv", "funnel-compared.figures.csv"} <= files.keys()
    assert {path.name for path in (tmp_path / "out").iterdir()} == files.keys()
    stored = {one["key"]: one["cells"] for one in table_of(whole, "deals", "opportunities")["rows"]}
    rows = rows_of(tmp_path / "out" / "deals.opportunities.csv")
    assert [row["id"] for row in rows] == list(stored)
    assert all(row["value"] == (stored[row["id"]]["value"] or {"amount": ""})["amount"] for row in rows)
    assert not [row["title"] for row in rows if row["title"].startswith(("=", "+", "-", "@"))]


def test_one_table_goes_to_standard_output(here: CommandLine, whole: Any) -> None:
    shown = here.call("export", "asked@latest", "--query", "stalled", "--table", "opportunities")
    rows = list(csv.DictReader(io.StringIO(shown.stdout_bytes.decode("utf-8-sig"), newline="")))
    assert [row["id"] for row in rows] == [one["key"] for one in table_of(whole, "stalled", "opportunities")["rows"]]
    figures = here.call("export", "asked@latest", "--query", "deals", "--table", "figures").stdout
    assert figures.splitlines()[0].endswith("measure,kind,value,currency,why_null")


def test_parquet_has_the_same_amounts_with_types(here: CommandLine, whole: Any, tmp_path: Path) -> None:
    result = here.call("export", "asked@latest", "--format", "parquet", "--out", str(tmp_path))
    assert result.exit_code == 0
    read = pyarrow.parquet.read_table(tmp_path / "deals.opportunities.parquet").to_pylist()
    stored = {one["key"]: one["cells"] for one in table_of(whole, "deals", "opportunities")["rows"]}
    assert [row["key"] for row in read] == list(stored)
    for row in read:
        amount = stored[row["key"]]["value"]
        assert row["value"] == (None if amount is None else Decimal(amount["amount"]))
        assert row["created_at"].tzinfo is not None
    figures = pyarrow.parquet.read_table(tmp_path / "deals.figures.parquet").to_pylist()
    assert {row["kind"] for row in figures} >= {"money", "int"}


def test_json_to_a_file_is_the_document(here: CommandLine, whole: Any, tmp_path: Path) -> None:
    here.call("export", "asked@latest", "--format", "json", "--out", str(tmp_path))
    (path,) = tmp_path.iterdir()
    assert json.loads(path.read_text("utf-8")) == whole


def test_without_the_extra_parquet_names_it(here: CommandLine, tmp_path: Path) -> None:
    with patch("worker.adapters.parquet.installed", return_value=False):
        result = here.call("export", "asked@latest", "--format", "parquet", "--out", str(tmp_path))
    assert (result.exit_code, 'pip install "funnelbeat[parquet]"' in result.output) == (2, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("asked@latest", "--query", "nothing"), "it has answers to: funnel, deals, stalled"),
        (("asked@latest", "--table", "nothing"), "no answer has 'nothing'; there are funnel."),
        (("asked@latest",), "add --out DIR, or choose with --query and --table\n  funnel: "),
        (("asked@latest", "--format", "parquet"), "add --out DIR"),
        (("asked@latest", "--format", "json", "--table", "figures"), "write --query"),
        (("asked@-99",), "so there is no @-99"),
    ],
)
def test_what_cannot_be_written_is_refused_in_one_sentence(
    here: CommandLine, words: tuple[str, ...], said: str
) -> None:
    result = here.call("export", *words)
    assert (result.exit_code, said in result.output) == (2, True)


def test_a_query_alone_writes_its_list(here: CommandLine) -> None:
    alone = here.call("export", "asked@latest", "--query", "deals")
    assert alone.exit_code == 0, alone.output
    named = here.call("export", "asked@latest", "--query", "deals", "--table", "opportunities")
    assert alone.stdout_bytes == named.stdout_bytes


def test_the_refusal_ends_with_a_command_that_works(here: CommandLine) -> None:
    lines = here.call("export", "asked@latest").stderr.splitlines()
    assert any(line.startswith("  deals: opportunities, ") for line in lines)
    command = lines[-1].removeprefix("such as `funnelbeat ").rstrip("`").split()
    assert here.call(*command).exit_code == 0


def test_a_folder_that_cannot_be_written_is_named(here: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", "utf-8")
    result = here.call("export", "asked@latest", "--out", str(tmp_path / "file"))
    assert (result.exit_code, result.output.count("\n")) == (2, 1)
    assert (tmp_path / "file").read_text("utf-8") == "mine"
