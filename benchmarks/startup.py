"""How long a command takes that does nothing: a shell waits for it at every completion."""

import os
import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.measure import Figure, Progress, Result, Verdict, in_turns

BIN = Path(sys.executable).parent
CELERY = "celery --version"
OURS = ("funnelbeat --version", "funnelbeat --help", "completion of a command")
AIM = 0.3
"""Seconds of processor time, on one processor of two."""
COMPLETION = {"_FUNNELBEAT_COMPLETE": "complete_bash", "COMP_WORDS": "funnelbeat che", "COMP_CWORD": "1"}


@dataclass(frozen=True, slots=True)
class Sizes:
    rounds: int


FULL = Sizes(9)
QUICK = Sizes(5)
TINY = Sizes(1)


def run(sizes: Sizes, progress: Progress) -> Result:
    """Processor time of whole processes; what one writes as bytecode in its first round, the others find."""
    with tempfile.TemporaryDirectory() as place:
        contenders = {who: partial(seconds, *_command(who, place)) for who in (*OURS, CELERY)}
        for measure in contenders.values():
            measure()
        taken = in_turns(contenders, sizes.rounds, progress, "start-up")
    figures = tuple(Figure("start-up", who, "s processor", samples) for who, samples in taken.items())
    median = {figure.who: figure.median for figure in figures}
    verdicts = [Verdict(who, median[who], "s processor", AIM, at_least=False) for who in OURS]
    share = median[OURS[0]] / median[CELERY]
    verdicts.append(Verdict(f"{OURS[0]} / {CELERY}", share, "×", 1.0, at_least=False))
    return Result("startup", figures, tuple(verdicts))


def _command(who: str, place: str) -> tuple[tuple[str, ...], str, dict[str, str]]:
    if who == OURS[2]:
        return (str(BIN / "funnelbeat"),), place, COMPLETION
    program, *words = who.split()
    return (str(BIN / program), *words), place, {}


def seconds(words: tuple[str, ...], place: str, more: dict[str, str]) -> float:
    """User and system time of one process. Raises CalledProcessError if it fails."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(words, cwd=place, env={**os.environ, **more}, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
