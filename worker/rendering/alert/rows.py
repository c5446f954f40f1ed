"""What the templates of `alert` print, row by row."""

from dataclasses import dataclass

from worker.domain.alert.findings_table import LISTED


@dataclass(frozen=True, slots=True)
class AlertCut:
    """How much of a long notification is printed. `findings`: alerts that are listed, `rules`: those that have a part
    of their own; the others are counted.
    """

    findings: int
    rules: int


LONGEST = AlertCut(LISTED, 20)


@dataclass(frozen=True, slots=True)
class AlertRow:
    """One alert. `url`: empty where it has no page. `word`: why it is told, as in "Worse"; empty for one that is still
    open and no news. `tone`: the class of its colour. `why`: the same in words, with value and threshold.
    `right`: what stands below the amount. `detail`: whose it is, and where it stands.
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
    """One open alert that can be acknowledged or snoozed. `url`: empty where its subject has no page."""

    fingerprint: str
    name: str
    url: str


@dataclass(frozen=True, slots=True)
class AlertFact:
    """One fact of the only subject."""

    label: str
    line: str


@dataclass(frozen=True, slots=True)
class AlertGroup:
    """What is told of one rule. `title`: the rule's name, empty where the message has one rule. `note`: how many are
    open. `rows`: what is news. `repeats`: what is told again, below `repeat_title`. `hidden`: how many are not
    listed, and `cut` says where they are. `open`: what is open and no news, below `open_title`. `rest`: how many more
    are open.
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
