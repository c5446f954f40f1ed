"""What Apprise is given, and what can be said of the outcome: against receivers on this machine alone."""

import asyncio
import logging
import traceback
from collections.abc import AsyncIterator
from unittest.mock import patch

import pytest

from tests.domain.builders import THIS_WEEK
from tests.golden.digests import HOSTILE, LONG, NORMAL
from tests.support.contents import templates
from tests.support.scripted_http import Asked, Said, Scripted, scripted
from worker.channels.apprise.channel import APPRISE, AppriseChannel
from worker.domain.delivery import DeliveryKey, Envelope
from worker.domain.digest.model import Digest
from worker.domain.run import RunKey
from worker.domain.schedule import Subscription
from worker.errors import DeliveryUncertain, RenderError, RequestError
from worker.ports.channels import Findable, Idempotent, RenderRequest

ENTRY = Subscription("any", "any", None, "pipeline", "en_GB", "Europe/Berlin")
ENVELOPE = Envelope(DeliveryKey(RunKey.parse("weekly@2026-11-16T08:00:00Z"), "any|webhook"), "webhook", THIS_WEEK)
HIDDEN = "only-we-know"
pytestmark = pytest.mark.usefixtures("no_proxy")


@pytest.fixture
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Apprise's own HTTP client goes through the proxy of the environment."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def opened(url: str, **options: str) -> AppriseChannel:
    channel = APPRISE.open({"url": url, **options})
    assert isinstance(channel, AppriseChannel)
    return channel


async def sent(channel: AppriseChannel, digest: Digest = NORMAL) -> str:
    """The receipt of one try."""
    try:
        [part] = channel.build(channel.content(RenderRequest(digest, ENTRY), templates(None)), ENVELOPE)
        return (await channel.send(part, channel.seal(part, []), ENVELOPE)).text
    finally:
        await channel.aclose()


class Service:
    def __init__(self) -> None:
        self.said = Said({})
        self.server: Scripted

    @property
    def url(self) -> str:
        return self.server.url.replace("http://", "json://") + f"/{HIDDEN}"


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    made = Service()

    def answer(_: Asked) -> Said:
        return made.said

    async with scripted(answer) as server:
        made.server = server
        yield made


async def test_a_service_is_given_title_and_body_and_its_yes_is_the_receipt(service: Service) -> None:
    assert await sent(opened(service.url)) == "Apprise: the service took it"
    [asked] = service.server.asked
    assert asked.path == f"/{HIDDEN}"
    assert asked.json["title"].startswith("€1,274,500 open")
    assert "Ardent Rail Parts" in asked.json["message"]
    assert "Sent to apprise" in asked.json["message"]


async def test_html_is_for_services_that_show_it(service: Service) -> None:
    await sent(opened(service.url.replace("json://", "form://"), format="html"))
    [asked] = service.server.asked
    assert b"%3Ctable" in asked.body


@pytest.mark.parametrize("status", [302, 400, 404, 410, 429, 500, 503])
async def test_a_no_is_unclear_whatever_the_service_meant_and_is_tried_once(service: Service, status: int) -> None:
    service.said = Said({}, status, {"location": f"{service.server.url}/elsewhere", "retry-after": "1"})
    with pytest.raises(DeliveryUncertain, match=f"does not say whether the service took it.*{status}"):
        await sent(opened(f"{service.url}?retry=3&wait=0"))
    assert len(service.server.asked) == 1


async def test_nobody_listens_is_unclear_too_because_apprise_does_not_say_so() -> None:
    with pytest.raises(DeliveryUncertain, match="does not say"):
        await sent(opened(f"json://127.0.0.1:9/{HIDDEN}"))


async def test_a_silent_service_ends_with_the_patience_and_others_go_on_meanwhile(service: Service) -> None:
    service.said = Said({}, after=30)
    with patch("worker.channels.apprise.channel.PATIENCE", 0.3):
        channel = opened(service.url)
    turns = 0

    async def counts() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0.01)

    other = asyncio.create_task(counts())
    with pytest.raises(DeliveryUncertain, match="does not say"):
        await sent(channel)
    other.cancel()
    assert turns > 5


async def test_two_messages_at_once_do_not_mix_their_reasons(service: Service) -> None:
    service.said = Said({}, 500, after=0.1)
    channel = opened(service.url)
    [part] = channel.build(channel.content(RenderRequest(NORMAL, ENTRY), templates(None)), ENVELOPE)
    tries = [channel.send(part, part.draft, ENVELOPE) for _ in range(4)]
    errors = await asyncio.gather(*tries, return_exceptions=True)
    assert [str(error).count("error=500") for error in errors] == [1, 1, 1, 1]
    await channel.aclose()


async def test_a_digest_is_shortened_to_the_limit_and_refused_where_nothing_is_left_to_shorten() -> None:
    request = RenderRequest(LONG, ENTRY)
    whole = opened("json://127.0.0.1").content(request, templates(None))
    short = opened("json://127.0.0.1", limit=str(len(whole.body) - 1)).content(request, templates(None))
    assert len(short.body) < len(whole.body)
    with pytest.raises(RenderError, match="more than 10 characters"):
        opened("json://127.0.0.1", limit="10").content(request, templates(None))


async def test_the_url_is_in_no_error_and_no_log(service: Service, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    service.said = Said({"why": HIDDEN}, 500)
    with pytest.raises(DeliveryUncertain) as unclear:
        await sent(opened(service.url.replace("json://", "json://anna:verysecret@")), HOSTILE)
    told = "".join(traceback.format_exception(unclear.value)) + caplog.text
    assert HIDDEN not in told
    assert "verysecret@" not in told.replace('"json://anna:verysecret@"', "")
    assert not logging.getLogger("apprise").propagate  # its words go into errors of ours alone


@pytest.mark.parametrize("url", ["https://nowhere.invalid/nothing", "nonsense", "tgram://"])
async def test_a_url_of_no_service_is_found_when_it_is_needed_and_by_doctor(url: str) -> None:
    """A message is also built where no URL is known: for a preview, a replay, a dry run."""
    channel = opened(url)
    assert channel.content(RenderRequest(NORMAL, ENTRY), templates(None)).title
    with pytest.raises(RequestError, match="names no service"):
        await channel.check([])
    with pytest.raises(RequestError, match="names no service"):
        await sent(channel)


async def test_doctor_names_the_service_and_sends_nothing(service: Service) -> None:
    channel = opened(service.url)
    assert await channel.check([]) == "the URL is one of JSON; nothing was sent"
    await channel.aclose()
    assert service.server.asked == []


async def test_without_the_extra_check_says_so_in_one_sentence() -> None:
    with patch("importlib.util.find_spec", return_value=None):
        [fault] = APPRISE.faults({"url": "${URL}"})
        with pytest.raises(RequestError, match=r"not installed; install funnelbeat\[apprise\]"):
            await opened("json://127.0.0.1").check([])
    assert (fault.path, fault.found) == ((), "`type: apprise` without the library")
    assert fault.expected == "install funnelbeat[apprise]"


def test_options_that_cannot_be_used_are_named_and_nothing_more_is_promised() -> None:
    found = [f.found for f in APPRISE.faults({"url": "${URL}", "format": "pdf", "limit": "0"})]
    assert found == ["`format` with 'pdf'", "`limit` with '0'"]
    assert APPRISE.faults({"url": "${URL}", "format": "html", "limit": "2000"}) == ()
    assert not isinstance(opened("json://127.0.0.1"), Findable | Idempotent)
