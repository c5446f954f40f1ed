"""How long a command takes that does nothing: a shell waits for it at every completion."""

import os
import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.measure import Figure, Progress, Result, Verdict, compared, in_turns

BIN = Path(sys.executable).parent
CELERY = "celery --version"
OURS = ("funnelbeat --version", "funnelbeat --help", "completion of a command")
UNIT = "s of processor time"
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
        commands = {who: (str(BIN / who.split()[0]), *who.split()[1:]) for who in (*OURS[:2], CELERY)}
        contenders = {who: partial(seconds, words, place, {}) for who, words in commands.items()}
        contenders[OURS[2]] = partial(seconds, (str(BIN / "funnelbeat"),), place, COMPLETION)
        for measure in contenders.values():
            measure()
        taken = in_turns(contenders, sizes.rounds, progress, "start-up")
    figures = {who: Figure("start-up", who, UNIT, samples) for who, samples in taken.items()}
    verdicts = [
        Verdict(who, figures[who].median, UNIT, AIM, at_least=False, samples=figures[who].samples) for who in OURS
    ]
    verdicts.append(compared(f"{OURS[0]} to {CELERY}", figures[OURS[0]], figures[CELERY], 1.0, at_least=False))
    return Result("startup", tuple(figures.values()), tuple(verdicts))


def seconds(words: tuple[str, ...], place: str, more: dict[str, str]) -> float:
    """User and system time of one process. Raises CalledProcessError if it fails."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(words, cwd=place, env={**os.environ, **more}, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
