"""`python -m worker.sandbox`: the stand-ins as a process of their own, until it is told to stop.

It listens only on 127.0.0.1. In containers it joins the network of the worker that talks to it (`--joined`). A worker
that starts again gets a new network, and nobody reaches the stand-ins in the old one: the process ends then, so that
the engine starts it in the new one. It prints its addresses in the form that FUNNELBEAT_SANDBOX takes, and then one
line for each message that it receives.
"""

import argparse
import asyncio
import email
import email.policy
import json
import signal
import sys
from email.message import EmailMessage
from pathlib import Path

from worker.sandbox.outbox import Received
from worker.sandbox.server import Sandbox

LOOK = 0.5
"""Seconds between two checks for new messages."""

ALONE = 5.0
"""Seconds without any network but loopback after which it is gone for good. An engine that starts the worker again
needs less, and starts nothing in the network of a worker that does not run.
"""

LEFT = "the network that this process joined is gone: its worker has ended, or was started again"


def arguments(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m worker.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="for HTTP (default: any)")
    parser.add_argument("--smtp-port", type=int, default=0, help="for mail (default: any)")
    parser.add_argument("--out", type=Path, help="where messages are written")
    parser.add_argument("--seed", type=int, default=1, help="decides the pipeline's story")
    parser.add_argument("--step", type=float, help="seconds between two steps of the pipeline (default: none)")
    parser.add_argument("--joined", action="store_true", help="end when the network of the worker is gone")
    return parser.parse_args(words)


async def serve(given: argparse.Namespace) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with Sandbox(seed=given.seed, out=given.out, ports=(given.port, given.smtp_port)) as box:
        say(json.dumps(box.describe()))
        told, step, joined = 0, _now() + (given.step or 0), _now()
        while not await _stopped(stop, LOOK):
            if given.step and _now() >= step:
                box.pipeline.step(box.now())
                step += given.step
            for item in box.outbox.items[told:]:
                say(line(item))
            told = len(box.outbox.items)
            joined = _now() if not given.joined or connected() else joined
            if _now() - joined > ALONE:
                sys.exit(LEFT)


def connected() -> bool:
    """Whether this process has a network besides loopback: there is a line of heads, and one for each other."""
    return len(Path("/proc/net/route").read_text("ascii").splitlines()) > 1


def line(item: Received) -> str:
    """What was received, its recipient, and the subject of a mail. The body is never printed."""
    if item.kind != "eml":
        return f"{item.kind} to {item.meta.get('channel', '?')}: {item.name}"
    message = email.message_from_bytes(item.body, _class=EmailMessage, policy=email.policy.default)
    return f"mail to {item.meta['to']}: {message['Subject']} ({item.name})"


def say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


async def _stopped(stop: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return False
    return True


def _now() -> float:
    return asyncio.get_running_loop().time()


if __name__ == "__main__":
    asyncio.run(serve(arguments(sys.argv[1:])))
