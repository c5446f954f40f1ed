"""Socket Mode: requests arrive over a connection that this process opens, so that it needs no public address.

slack_sdk is an extra and is imported on first use. https://docs.slack.dev/apis/events-api/using-socket-mode
"""

import asyncio
import importlib
import importlib.util
import threading
from collections.abc import Mapping
from typing import Any

import structlog

from worker.channels.slack import requests
from worker.channels.slack.answers import post_reply
from worker.channels.slack.api import BASE_URL
from worker.errors import DeliveryError, PostRefused, RequestError
from worker.ports.chat import Answering, ChatRequest
from worker.redact import redact

MOST = 400
"""Requests in progress or waiting. Further ones are not acknowledged, so that Slack reports that the app did not
answer.
"""


def installed() -> bool:
    return importlib.util.find_spec("slack_sdk") is not None


async def serve_socket(options: Mapping[str, str], answers: Answering) -> None:
    """Runs until it is cancelled; a lost connection is opened again. Raises RequestError."""
    token, base_url = options.get("app_token", "").strip(), options.get("base_url", BASE_URL)
    if not token.startswith("xapp-"):
        raise RequestError("answers.app_token is no token of an app; expected xapp-…, with the scope connections:write")
    if not installed():
        raise RequestError("slack_sdk is not installed: pip install 'funnelbeat[slack]'")
    loop, places = asyncio.get_running_loop(), threading.BoundedSemaphore(MOST)

    async def deal_with(kind: str, payload: Mapping[str, Any]) -> None:
        try:
            await _deal_with(kind, payload, base_url, answers)
        finally:
            places.release()

    def received(client: Any, envelope: Any) -> None:
        """Called in a thread of the client. Slack requires an acknowledgement within three seconds; the answer
        follows.
        """
        if not places.acquire(blocking=False):
            structlog.get_logger().error(
                "chat_failed", sentence=f"{MOST} requests are being dealt with; one is refused"
            )
            return
        client.send_socket_mode_response(sdk_response.SocketModeResponse(envelope_id=envelope.envelope_id))
        asyncio.run_coroutine_threadsafe(deal_with(envelope.type, envelope.payload), loop)

    sdk_socket = importlib.import_module("slack_sdk.socket_mode")
    sdk_response = importlib.import_module("slack_sdk.socket_mode.response")
    sdk, sdk_errors = importlib.import_module("slack_sdk"), importlib.import_module("slack_sdk.errors")
    web = sdk.WebClient(base_url=f"{base_url.rstrip('/')}/", retry_handlers=[])
    client = sdk_socket.SocketModeClient(app_token=token, web_client=web)
    client.socket_mode_request_listeners.append(received)
    try:
        await asyncio.to_thread(client.connect)
        await asyncio.Event().wait()
    except (sdk_errors.SlackApiError, OSError) as error:
        raise RequestError(f"no socket to Slack: {redact(str(error), (token,))}") from error
    finally:
        await asyncio.to_thread(client.close)


async def _deal_with(kind: str, payload: Mapping[str, Any], base_url: str, answers: Answering) -> None:
    try:
        request = _read(kind, payload, base_url)
        if request is None:
            return
        async for said in answers(request):
            await post_reply(request, said)
    except (PostRefused, DeliveryError) as error:
        structlog.get_logger().error("chat_failed", sentence=str(error))


def _read(kind: str, payload: Mapping[str, Any], base_url: str) -> ChatRequest | None:
    if kind == "slash_commands":
        return requests.command(payload, base_url)
    return requests.click(payload, base_url) if kind == "interactive" else None
