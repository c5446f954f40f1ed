"""The error tree, by what the caller can do. An error has fields, and its text is made from them.

FunnelbeatError
├─ RequestError               the request or a definition is wrong: say it, exit 2
│  ├─ NotFound                it names something that is not there
│  ├─ PreconditionFailed      what the caller saw before is not so any more
│  ├─ NameTaken               the project's name belongs to another directory in this Redis
│  ├─ DefinitionError         complaints about files, each with its place
│  ├─ SettingsError           an environment variable
│  └─ PostRefused             something that was posted to us
│     └─ SignatureRefused     it has no signature that holds
├─ SourceError                a query could not be answered: a gap in the digest
│  ├─ SourceUnavailable       not now: worth another try, after `retry_after` if there is one
│  ├─ SourceRefused           our key, our rights or our parameters
│  ├─ SourceShapeChanged      an answer that is not what the contract says
│  └─ SourceIncomplete        a list that could not be read whole
├─ RenderError                a template, or a message past a limit
├─ DeliveryError              one attempt to send
│  ├─ DeliveryDeferred        surely not accepted, may be tried again
│  ├─ DeliveryRefused         surely not accepted, pointless to repeat
│  └─ DeliveryUncertain       accepted or not: unknown
├─ MailboxError               the mailbox of bounces cannot be read now
├─ BrokerUnavailable          Celery's broker takes no message; a sweep publishes it again
└─ LedgerError                Redis
   ├─ LedgerUnavailable       cannot be reached, or is not fit to be used
   └─ ClaimLost               another process owns this run or delivery now
"""

from dataclasses import dataclass


class FunnelbeatError(Exception):
    """Every error of Funnelbeat. Any other exception is a bug and ends the run loudly."""


class RequestError(FunnelbeatError):
    """The request itself is wrong. The text says what was found and what to write."""


class NotFound(RequestError):
    """The request names a run, a schedule, or another thing that is not there."""


class PreconditionFailed(RequestError):
    """What the caller saw before is not so any more."""


class NameTaken(RequestError):
    """Another project directory has deployed under this name in the same Redis."""

    def __init__(self, project: str) -> None:
        super().__init__(
            f"the project name {project!r} belongs to another project directory in this Redis; "
            "write another `project:` in funnelbeat.yaml, or use another Redis"
        )


@dataclass(frozen=True, slots=True, order=True)
class Complaint:
    """One fault at one place of a definition. `line` and `column` count from 1."""

    path: str
    line: int
    column: int
    found: str
    expected: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.found}; {self.expected}"


def what_to_write(error: ValueError) -> str:
    """The second half of "found …, expected …". A complaint says itself what was found, and where."""
    _, cut, expected = str(error).rpartition(", expected ")
    return f"write {expected}" if cut else str(error)


class DefinitionError(RequestError):
    """All faults of a project's files, found in one pass."""

    def __init__(self, complaints: tuple[Complaint, ...]) -> None:
        self.complaints = complaints
        super().__init__("\n".join(str(c) for c in complaints))


class SettingsError(RequestError):
    def __init__(self, variable: str, problem: str) -> None:
        self.variable = variable
        self.problem = problem
        super().__init__(f"{variable}: {problem}")


class PostRefused(RequestError):
    """Something that was posted cannot be used. The text is for whoever posted it."""


class SignatureRefused(PostRefused):
    """It has no signature, a wrong one, or one of another time."""


class SourceError(FunnelbeatError):
    """`endpoint` names the request ("GET /opportunity/"). `problem` is one clear sentence without secrets."""

    def __init__(self, endpoint: str, problem: str) -> None:
        self.endpoint = endpoint
        self.problem = problem
        super().__init__(f"{endpoint}: {problem}")


class SourceUnavailable(SourceError):
    """`retry_after` in seconds, if the service named it. `limited`: the service refused for too many requests (429)."""

    def __init__(self, endpoint: str, problem: str, *, retry_after: float | None = None, limited: bool = False) -> None:
        self.retry_after = retry_after
        self.limited = limited
        super().__init__(endpoint, problem)


class SourceRefused(SourceError):
    """`status` is the HTTP status of the refusal."""

    def __init__(self, endpoint: str, problem: str, *, status: int) -> None:
        self.status = status
        super().__init__(endpoint, problem)


class SourceShapeChanged(SourceError):
    """`path`: the place in the answer ("data[3].value"). `fault`: what is wrong there. `whose`: the row of that place
    ("deal 101"), if there is one.
    """

    def __init__(self, endpoint: str, path: str, fault: str, whose: str = "") -> None:
        self.path = path
        self.fault = fault
        super().__init__(endpoint, f"{whose}: {path}: {fault}" if whose else f"{path}: {fault}")

    def within(self, whose: str) -> "SourceShapeChanged":
        """The same fault, with the row that it is in."""
        return SourceShapeChanged(self.endpoint, self.path, self.fault, whose)


class SourceIncomplete(SourceError):
    """Pages are missing, or rows moved while the list was read, even in the second reading."""


class RenderError(FunnelbeatError):
    """`template`: its path below templates/. `line` counts from 1, and is 0 if there is none."""

    def __init__(self, template: str, line: int, problem: str) -> None:
        self.template = template
        self.line = line
        self.problem = problem
        super().__init__(f"templates/{template}:{line}: {problem}" if line else f"templates/{template}: {problem}")


class DeliveryError(FunnelbeatError):
    """`problem` holds the receiver's own words, without secrets. `silent`: the receiver was waited for and did not
    answer. `dead_copies`: addresses of copies that it refused for good before that, each with its words.
    """

    def __init__(self, channel: str, problem: str, *, silent: bool = False) -> None:
        self.channel = channel
        self.problem = problem
        self.silent = silent
        self.dead_copies: tuple[tuple[str, str], ...] = ()
        super().__init__(f"{channel}: {problem}")


class DeliveryDeferred(DeliveryError):
    """`retry_after` in seconds, if the receiver named it."""

    def __init__(self, channel: str, problem: str, *, retry_after: float | None = None, silent: bool = False) -> None:
        self.retry_after = retry_after
        super().__init__(channel, problem, silent=silent)


class DeliveryRefused(DeliveryError):
    """`code`: the receiver's own (an SMTP reply, an API's error string). `suspend`: what to stop using."""

    def __init__(self, channel: str, problem: str, *, code: str, suspend: str | None = None) -> None:
        self.code = code
        self.suspend = suspend
        super().__init__(channel, problem)


class DeliveryUncertain(DeliveryError):
    """The request may have been applied, so it must not simply be sent again."""


class MailboxError(FunnelbeatError):
    """A mailbox of bounces cannot be read now. The text names no secret."""


class BrokerUnavailable(FunnelbeatError):
    """The broker cannot be reached, refuses, or does not answer. The ledger has what was to be published."""


class LedgerError(FunnelbeatError):
    pass


class LedgerUnavailable(LedgerError):
    pass


class NewerVersion(LedgerError):
    """A newer version of the program wrote something that this one would misread. It leaves the work to others."""


class ClaimLost(LedgerError):
    """`key` belongs to another attempt: stop, write nothing, send nothing."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"{key} is no longer ours")
