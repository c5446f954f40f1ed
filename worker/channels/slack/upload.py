"""Uploads files into a digest's thread: get an address, send the bytes there, complete.

https://docs.slack.dev/messaging/working-with-files

The file is visible only after the upload is completed, so an earlier failure proves that nothing was sent.
"""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from worker.channels.slack.api import SlackApi
from worker.channels.slack.errors import CHANNEL
from worker.channels.slack.fallback import dump
from worker.domain.delivery import Receipt
from worker.errors import DeliveryDeferred, DeliveryRefused, DeliveryUncertain

_URL = re.compile(r"https?://[A-Za-z0-9.\-]+(:[0-9]{1,5})?(/[!-~]*)?")
_FILE_ID = re.compile(r"F[A-Z0-9]{2,40}")
LOOPBACK = frozenset({"127.0.0.1", "localhost"})


def sealed_upload(head: Mapping[str, str], body: bytes) -> bytes:
    """An upload as it is sealed for the ledger: one line of JSON with its place and name, then the file.

    Slack refuses a length of 0, so an empty file is sent as one line end.
    """
    return dump(head) + b"\n" + (body or b"\n")


def upload_body(sealed: bytes) -> bytes:
    """The file itself, as Slack gets it."""
    return sealed.split(b"\n", 1)[1]


async def upload(api: SlackApi, sealed: bytes) -> Receipt:
    """Raises DeliveryDeferred, DeliveryRefused (a missing files:write suspends nothing, because posts still work) or
    DeliveryUncertain, which only the last step can cause.
    """
    head: dict[str, str] = json.loads(sealed.split(b"\n", 1)[0])
    body = upload_body(sealed)
    try:
        asked = await api.read("files.getUploadURLExternal", {"filename": head["filename"], "length": str(len(body))})
        file_id, url = _place(asked)
        await api.put(url, body)
        done = await api.write("files.completeUploadExternal", _completion(file_id, head))
    except DeliveryRefused as refused:
        if refused.code != "missing_scope":
            raise
        raise DeliveryRefused(CHANNEL, "missing_scope: files:write", code=refused.code) from refused
    _completed(done)
    return Receipt(f"{head['channel_id']} {file_id}")


def _completion(file_id: str, head: Mapping[str, str]) -> bytes:
    files = [{"id": file_id, "title": head["title"]}]
    return dump({"files": files, "channel_id": head["channel_id"], "thread_ts": head["thread_ts"]})


def _place(asked: Mapping[str, Any]) -> tuple[str, str]:
    """The file's id and the address for its bytes, which is in clear text only on this machine."""
    file_id, url = asked.get("file_id"), asked.get("upload_url")
    if not isinstance(file_id, str) or not _FILE_ID.fullmatch(file_id):
        raise DeliveryDeferred(CHANNEL, "files.getUploadURLExternal: no file id in the answer")
    if not isinstance(url, str) or not _URL.fullmatch(url):
        raise DeliveryDeferred(CHANNEL, "files.getUploadURLExternal: no address in the answer")
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        raise DeliveryDeferred(CHANNEL, "files.getUploadURLExternal: an address without TLS")
    return file_id, url


def _completed(done: Mapping[str, Any]) -> None:
    files = done.get("files")
    if not isinstance(files, list) or not files:
        raise DeliveryUncertain(CHANNEL, "files.completeUploadExternal: no file in the answer")
