"""Two hundred wrong requests and definitions: one sentence each that says what to do, the exit status, and with --json
always a document.
"""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from typer.testing import Result

from tests.support.command_line import MAIL, CommandLine, command_line
from worker.adapters.redis_server import EmbeddedRedis

PYTHON = re.compile(r"Traceback|Value error|Input should|Errno|Exception|<class|object at 0x|NoneType")
"""What only who knows the libraries understands."""

REQUESTS = """\
nope
runs --nope
runs a b
runs --limit abc
runs --limit 0
runs --limit 1001
runs --limit -1
runs nobody
show
show a b
show nobody
show nobody@latest
show asked@-99
show asked@yesterday
show asked@2026-13-45T00:00:00Z
explain
explain nobody@latest
explain asked@-99
explain asked@2026-01-01T00:00:00Z
diff
diff asked@latest
diff asked@latest asked@latest
diff asked@latest nobody@latest
diff asked@latest asked@-99
diff asked@latest asked@-1 --limit x
diff asked@latest asked@-1 --limit -1
export
export nobody@latest
export asked@latest --query nothing
export asked@latest --format xlsx
export asked@latest --format parquet
export asked@latest --format json --table figures
export asked@latest --out /dev/null/below
export asked@latest --out funnelbeat.yaml
logs asked@-99
logs nobody@latest
logs asked@latest --schedule asked
logs --lines x
logs -n -1
cancel
cancel asked@latest
cancel nobody@latest
cancel asked@-99
trigger
trigger nobody
trigger asked --at 2026-01-01
run
run nobody
run asked --at yesterday
run asked --at 2099-01-01
run asked --at 2026-02-30
run asked --for-slot 2026-01-01T00:00:00Z
run asked --for-slot x
run asked --at 2026-01-01 --for-slot 2026-01-01
run asked --to nobody
run asked --to mail:
run asked --to mail:not-an-address
run asked --to fax:1234
run asked --to chat:#sales
run asked --out funnelbeat.yaml
run asked extra
preview
preview nobody
preview asked --entry nobody
preview asked --reader nobody@acme.example
preview asked --out /nonexistent/x.html
preview asked --out .
plan extra
plan --days 0
plan --days 367
plan --days 1e3
plan --format html
check extra
check --format xml
check --explain nobody
deploy extra
deploy --no
rollback
rollback nobody
rollback nobody --yes
deployments extra
pause
pause nobody
pause asked --until yesterday
pause asked --until 2020-01-01
pause asked --until 2026-02-30
resume
resume nobody
schedules extra
deliveries --state foo
deliveries --limit 0
deliveries nope
deliveries settle
deliveries settle nobody
deliveries settle nobody sent
deliveries settle nobody maybe
retry
retry nobody@latest
retry asked@-99
replay
replay nobody@latest
replay asked@latest --out funnelbeat.yaml
forget
forget sales@acme.example
forget a b --yes
bounces
bounces /nonexistent
subscriptions nope
subscriptions add
subscriptions add asked
subscriptions add asked --channel mail
subscriptions add asked --channel mail --address nobody
subscriptions add asked --channel fax --address eve@acme.example
subscriptions add nobody --channel mail --address eve@acme.example
subscriptions add asked --channel mail --address eve@other.example
subscriptions add asked --channel mail --address eve@acme.example --expires yesterday
subscriptions remove
subscriptions remove asked
subscriptions remove asked nobody
subscriptions remove asked team
subscriptions pause asked nobody
subscriptions pause asked team --until yesterday
subscriptions resume asked nobody
subscriptions list nobody
alerts nope
alerts ack
alerts ack nobody
alerts unack nobody
alerts show nobody
alerts snooze nobody
alerts snooze nobody --for 1h
alerts snooze nobody --for soon
alerts silence
alerts silence rule=x
alerts silence rule --for 1h --yes
alerts silence rule=x --for soon --yes
alerts expire
alerts expire nobody
alerts explain
alerts explain nobody
alerts backtest
alerts backtest nobody
alerts list --limit x
baselines list
baselines list nobody
baselines reset
baselines reset nobody --yes
baselines reset asked --query nothing --yes
baselines reset asked --reader nobody --yes
baselines reset asked --to nobody@latest --yes
tokens nope
tokens add
tokens add ci --scope everything
tokens add ci --scope read --expires yesterday
tokens revoke
tokens revoke nobody
audit --limit 0
audit extra
settings extra
sandbox step
sandbox nope
source
source nobody
source close nothing
source close pipelines nope
source close pipelines create
source close pipelines create --set x --yes
source close pipelines delete x
source close pipelines delete
source close pipelines read nothing
templates nope
templates show
templates show nothing
templates show ../../etc/passwd
templates list extra
doctor extra
send-test
send-test fax eve@acme.example
send-test mail nobody
send-test chat #sales
web --port x
web --port 99999
web --host 0.0.0.0
worker --queues nothing
worker --concurrency 0
clock extra
up extra
demo --out funnelbeat.yaml
init
init funnelbeat.yaml
init /proc/x
init new --service nothing
init new --zone Nowhere/Town
init new --locale xx_XX
init new --address nobody
init new --channel fax
webhooks nope
webhooks dead
webhooks dead nobody
webhooks retry
webhooks retry nobody
chat nope
--target nobody runs
--project /nonexistent runs
--project funnelbeat.yaml runs
""".splitlines()

NO_JSON = "No such option: --json"
"""Of a group without its command, and of a command that runs until it is stopped: it has no document."""

EXPORTED = "export asked@latest --table figures"
"""Right as CSV in part, and wrong where all is one document."""

MISTAKES = (
    ("when: {every: 23h}", "wen: {every: 23h}"),
    ("when: {every: 23h}", "when: {every: 24h}"),
    ("when: {every: 23h}", "when: {every: 0s}"),
    ("when: {every: 23h}", "when: {every: soon}"),
    ("when: {every: 23h}", "when: {every: 10}"),
    ("when: {every: 23h}", "when: every day"),
    ("when: {every: 23h}", "when: []"),
    ("when: {every: 23h}", "when: {}"),
    ("when: {every: 23h}", 'when: {every: 1h, cron: "0 9 * * *"}'),
    ("when: {every: 23h}", 'when: {cron: "0 25 * * *"}'),
    ("when: {every: 23h}", 'when: {cron: "0 9 * * MOON"}'),
    ("when: {every: 23h}", 'when: {cron: "0 9 1 * MON"}'),
    ("when: {every: 23h}", 'when: {cron: "0 9 31 2 *"}'),
    ("when: {every: 23h}", 'when: {cron: "0 0 9 * * *"}'),
    ("when: {every: 23h}", "when: {cron: * * * * *}"),
    ("when: {every: 23h}", 'when: {cron: "0 9 * * *", timezone: Europe/Berln}'),
    ("when: {every: 23h}", 'when: {cron: "0 9 * * *", timezone: 7}'),
    ("when: {every: 23h}", 'when: {cron: "0 9 * * *", catch_up: some}'),
    ("when: {every: 23h}", 'when: {cron: "0 9 * * *", holidays: XX}'),
    ("when: {every: 23h}", "when: {event: nothing}"),
    ("name: By mail", "name: [a]"),
    ("name: By mail", "nmae: By mail"),
    ("name: By mail", "name: By mail\nname: Again"),
    ("name: By mail", "name: By mail\nspread: 30h"),
    ("name: By mail", "name: By mail\ngrace: long"),
    ("name: By mail", "name: By mail\nstart: 2026-02-30"),
    ("name: By mail", "name: By mail\nstart: 2026-03-01\nend: 2026-02-01"),
    ("name: By mail", "name: By mail\npaused: yes"),
    ("name: By mail", "name: By mail\npreviously: asked"),
    ("name: By mail", "name: By mail\nretention: {all: never}"),
    ("name: By mail", "name: By mail\nextends: none.yaml"),
    ("name: By mail", "name: By mail\nextends: ../x.yaml"),
    ("name: By mail", 'name: "${KEY}"'),
    ("source: close", "source: clsoe"),
    ("source: close", "source: "),
    ("query: opportunities", "query: oportunities"),
    ("query: opportunities", "query: [opportunities]"),
    ("follow: closed", "follow: everything"),
    ("follow: closed", "follow_limit: many"),
    ("follow: closed", "window: last-week"),
    ("follow: closed", "share_for: soon"),
    ("follow: closed", "show: {limit: 0}"),
    ("follow: closed", "show: {order_by: nothing}"),
    ("follow: closed", "watch: {a: b}"),
    ("status_type: active", "status_type: open"),
    ("status_type: active", "satus_type: active"),
    ("status_type: active", "status_type: active, _limit: x"),
    ("  - id: deals", "  - id: deals\n    id: deals"),
    ("  - id: deals", "  - od: deals"),
    ("digest: {bridge: deals}", "digest: {bridge: dela}"),
    ("digest: {bridge: deals}", "digest: {template: pipelin}"),
    ("digest: {bridge: deals}", "digest: {send: sometimes}"),
    ("digest: {bridge: deals}", "digest: {locale: en-GB}"),
    ("digest: {bridge: deals}", "digest: {quiet_hours: always}"),
    ("digest: {bridge: deals}", "digest: {days: MON-FUN}"),
    ("digest: {bridge: deals}", "digest: {collect: monthly}"),
    ("digest: {bridge: deals}", "digest: {key: nothing}"),
    ("channel: mail, address: sales", "chanel: mail, address: sales"),
    ("channel: mail, address: sales", "channel: mial, address: sales"),
    ("address: sales@acme.example", "address: sales"),
    ("address: sales@acme.example", "address: [a@acme.example, A@acme.example]"),
    ("address: sales@acme.example", "each: everybody"),
    ("address: sales@acme.example", 'address: sales@acme.example, rows: "row.vlaue > 3"'),
    ("address: sales@acme.example", 'address: sales@acme.example, rows: "row.value >"'),
    ("on_unknown: hold", "on_unknown: guess"),
    ("digest: {bridge: deals}", 'alerts: [{id: a, for_each: nothing, if: "true"}]'),
    ("digest: {bridge: deals}", "alerts: [{id: a, for_each: deals}]"),
    ("digest: {bridge: deals}", 'alerts: [{id: a, for_each: deals, if: "row.nothing"}]'),
    ("digest: {bridge: deals}", "alerts: [{id: a, for_each: deals, if: row.stalled, notify: [nobody]}]"),
    ("digest: {bridge: deals}", "alerts: [{id: a, for_each: deals, if: row.stalled, severity: loud}]"),
    ("digest: {bridge: deals}", "digest: {bridge: deals"),
    ("digest: {bridge: deals}", "\tdigest: {bridge: deals}"),
    ("digest: {bridge: deals}", "digest: &a {bridge: deals}\nother: *b"),
)
"""In schedules/asked.yaml: what stands there, and what somebody writes."""


@pytest.fixture(scope="module")
def here(module_redis: EmbeddedRedis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    with command_line(module_redis, tmp_path_factory.mktemp("wrong") / "project", MAIL) as made:
        made.run()
        made.run()
        yield made


def call(here: CommandLine, *words: str) -> Result:
    """In the project's directory, with an environment of its own."""
    before = Path.cwd()
    os.chdir(here.place)
    try:
        with patch.dict(os.environ):
            return here.call(*words)
    finally:
        os.chdir(before)


def last_line(seen: Result) -> str:
    return seen.stderr.strip().splitlines()[-1]


def test_there_are_two_hundred_and_all_are_different() -> None:
    assert len(set(REQUESTS)) + len(set(MISTAKES)) == len(REQUESTS) + len(MISTAKES) >= 200


@pytest.mark.parametrize("words", REQUESTS)
def test_a_wrong_request_is_one_sentence_and_one_document(here: CommandLine, words: str) -> None:
    plain = call(here, *words.split())
    assert (plain.exit_code, PYTHON.search(plain.output)) == (2, None), plain.output
    told = plain.stderr.strip().splitlines()
    usage = told[0].startswith("Usage: ")
    assert len([line for line in told if not line.startswith("Target: ")]) == (4 if usage else 1), plain.stderr
    if usage:
        assert told[1].startswith("Try 'funnelbeat ")
    document = json.loads(call(here, *words.split(), "--json").stdout)
    assert document["exit"] == 2
    sentence = document["sentence"].replace("asked with --json", "asked here")
    if not sentence.startswith(NO_JSON):
        assert sentence == last_line(plain).removeprefix("Error: ")


def test_a_part_of_a_document_is_refused(here: CommandLine) -> None:
    document = json.loads(call(here, *EXPORTED.split(), "--json").stdout)
    assert (document["exit"], "--table" in document["sentence"]) == (2, True)


@pytest.mark.parametrize(("right", "wrong"), MISTAKES, ids=[wrong for _, wrong in MISTAKES])
def test_a_wrong_definition_has_its_place_and_what_to_write(here: CommandLine, right: str, wrong: str) -> None:
    path = here.place / "schedules" / "asked.yaml"
    assert right in MAIL
    path.write_text(MAIL.replace(right, wrong, 1), "utf-8")
    try:
        plain, document = call(here, "check"), json.loads(call(here, "check", "--json").stdout)
    finally:
        path.write_text(MAIL, "utf-8")
    assert (plain.exit_code, PYTHON.search(plain.output)) == (2, None), plain.output
    *told, total = [line for line in plain.stderr.splitlines() if not line.startswith("warning: ")]
    assert all(re.match(r"(schedules/asked\.yaml|templates/[^:]*):\d+:\d+: \S.*; \S", line) for line in told), told
    assert len(document["complaints"]) == len(told) >= 1
    assert total.startswith(f"{len(told)} error")
