"""A currency of a company's own that gets another symbol is the same currency."""

from datetime import timedelta

import pytest

from tests.support.in_process import InProcessRun
from worker.entry.project_dir import bundle_of
from worker.flow.operate.preview import bridge_of, preview
from worker.sandbox.pipedrive_dialect import AccountDialect
from worker.sources.pipedrive import currencies

SCHEDULE = """
name: Open deals
when: {cron: "0 9 * * MON"}
report:
  - {id: deals, source: pipedrive, query: deals, follow: closed, params: {status: open}}
  - {id: sums, source: pipedrive, query: deals_summary, params: {status: open}}
digest: {bridge: deals, send: on_change}
to:
  - {id: team, channel: mail, address: sales@acme.example}
"""


async def test_a_renamed_currency_is_no_conversion(week: InProcessRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(currencies, "KEPT", timedelta(0))
    project = week.place / "funnelbeat.yaml"
    text = project.read_text("utf-8").replace("close: {type: sandbox}", "pipedrive: {type: sandbox-pipedrive}")
    project.write_text(text, "utf-8")
    week.box.pipedrive.dialect = AccountDialect.ODD
    await week.deploy(SCHEDULE)
    await week.run()
    week.box.pipedrive.symbol = "chairs"
    bundle = bundle_of(week.place)
    seen = await preview(week.services, bundle, bundle.schedules["week"], None)
    assert not seen.digest.changed
    assert "chairs" in seen.page
    assert "seats" not in seen.page
    second, rows = await week.run()
    found = await bridge_of(week.services, second, rows)
    assert found is not None
    assert not found.steps
    assert any(terms.currency == "6_2:2:chairs" for terms in found.terms)
