"""The rows that the templates of `alert` print."""

from dataclasses import dataclass

from worker.domain.alert.findings_table import LISTED


@dataclass(frozen=True, slots=True)
class AlertCut:
    """How much of a long notification is printed. `findings`: the number of alerts that are listed; `rules`: the number
    of rules that have a part of their own; the others are counted.
    """

    findings: int
    rules: int


LONGEST = AlertCut(LISTED, 20)


@dataclass(frozen=True, slots=True)
class AlertRow:
    """One alert. `url`: empty if it has no page. `word`: why it is reported, as in "Worse"; empty for one that is still
    open and not new. `tone`: the class of its colour. `why`: the same in words, with value and threshold. `right`: the
    text below the amount. `detail`: the owner and the stage.
    """

    name: str
    url: str
    amount: str
    word: str
    tone: str
    why: str
    right: str
    detail: str


@dataclass(frozen=True, slots=True)
class AnswerableAlert:
    """One open alert that can be acknowledged or snoozed. `url`: empty if its subject has no page."""

    fingerprint: str
    name: str
    url: str


@dataclass(frozen=True, slots=True)
class AlertFact:
    """One fact about the only subject."""

    label: str
    line: str


@dataclass(frozen=True, slots=True)
class AlertGroup:
    """The part of one rule. `title`: the rule's name, empty if the message has one rule. `note`: how many are open.
    `rows`: new findings. `repeats`: repeated findings, below `repeat_title`. `hidden`: how many are not listed, and
    `cut` says where they are. `open`: other open alerts, below `open_title`. `rest`: how many more are open.
    """

    title: str
    note: str
    rows: tuple[AlertRow, ...]
    repeats: tuple[AlertRow, ...]
    repeat_title: str
    hidden: int
    cut: str
    open: tuple[AlertRow, ...]
    open_title: str
    rest: str
