"""A message that somebody sends to try it."""

import pytest

from tests.support.fakes import WEEKLY, AnyAddress, Audited, Called, FixedClock, OneReceiver, bundle_with, uses
from worker.domain.access import Actor, Door
from worker.domain.delivery import Decision
from worker.domain.reason import Reason
from worker.errors import RequestError
from worker.flow.operate.preview import DryRun
from worker.flow.operate.trial_acts import send_trial

CI = Actor(Door.API, "ci")
SENT = DryRun("test|me@acme.example", Decision(send=True, reason=Reason.REQUESTED), "Weekly", (), "sent: ok")


class Takes(AnyAddress, OneReceiver): ...


@pytest.fixture
def sending(monkeypatch: pytest.MonkeyPatch) -> Called:
    done = Called(SENT)
    monkeypatch.setattr("worker.flow.operate.trial_acts.send_to", done)
    return done


async def test_a_test_is_sent_once_to_the_normal_form_of_an_address_and_recorded(sending: Called) -> None:
    here = uses(audit=Audited(), clock=FixedClock(), connectors=Takes())
    assert await send_trial(here, CI, bundle_with(WEEKLY), WEEKLY, None, "mail", "Me@acme.example") == SENT
    assert len(sending.calls) == 1
    [made] = here.audit.records
    assert (made.act, made.subject) == ("test", "weekly")
    assert dict(made.after) == {"to": "mail:me@acme.example", "sent": "true"}


@pytest.mark.parametrize(
    ("channel", "address", "words"),
    [("fax", "me@acme.example", "found the channel 'fax'"), ("mail", "nobody", "found the address 'nobody'")],
)
async def test_where_nothing_can_be_sent_nothing_is_and_nothing_is_recorded(
    sending: Called, channel: str, address: str, words: str
) -> None:
    here = uses(audit=Audited(), clock=FixedClock(), connectors=Takes())
    with pytest.raises(RequestError, match=words):
        await send_trial(here, CI, bundle_with(WEEKLY), WEEKLY, None, channel, address)
    assert (sending.calls, here.audit.records) == ([], [])
