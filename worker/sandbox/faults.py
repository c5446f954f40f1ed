"""Faults on demand: which requests fail, how, and how often."""

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

KINDS = {
    "status": "`status` with `body` (empty unless given) and, with `retry_after`, that header",
    "slow": "the answer comes after `seconds`",
    "cut": "the connection closes in the middle of the body",
    "drop": "the connection closes before a byte of the body",
    "malformed": "200 and JSON that is none",
    "truncated": "200 and the first half of the JSON, as if it were all",
    "html": "200 and a page for people",
    "redirect": "302 to somewhere else",
    "late_apply": "no answer; the request is applied `seconds` after the client gave up",
}


@dataclass(frozen=True, slots=True)
class ArmedFault:
    """`pattern` is matched against "METHOD /path" with * as wildcard. The first `after` matches pass, and the next
    `times` fail. `applied`: the request takes effect although its answer fails (always so for cut, truncated and slow).
    """

    pattern: str
    kind: str
    times: int = 1
    after: int = 0
    status: int = 500
    seconds: float = 0.0
    retry_after: str | None = None
    body: str = ""
    applied: bool = False


@dataclass
class _Armed:
    fault: ArmedFault
    pass_by: int
    left: int


@dataclass
class Faults:
    """Faults in the order of arming. One request meets at most one fault. `met` counts the faults that happened, by
    kind.
    """

    met: dict[str, int] = field(default_factory=dict)
    _armed: list[_Armed] = field(default_factory=list)

    def arm(self, pattern: str, kind: str, **how: Any) -> ArmedFault:
        """Raises ValueError for an unknown kind, TypeError for an unknown key in `how`."""
        if kind not in KINDS:
            raise ValueError(f"found {kind!r}, expected one of {', '.join(KINDS)}")
        fault = ArmedFault(pattern, kind, **how)
        self._armed.append(_Armed(fault, fault.after, fault.times))
        return fault

    def clear(self) -> None:
        self._armed.clear()

    def take(self, method: str, path: str) -> ArmedFault | None:
        """The fault of this request, if any. Its counters are decreased."""
        for armed in self._armed:
            if not armed.left or not fnmatchcase(f"{method} {path}", armed.fault.pattern):
                continue
            if armed.pass_by:
                armed.pass_by -= 1
                continue
            armed.left -= 1
            self.met[armed.fault.kind] = self.met.get(armed.fault.kind, 0) + 1
            return armed.fault
        return None
