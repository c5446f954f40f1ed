"""The shapes of `alerts:` and `inhibit:`."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from worker.adapters.definitions.fields import Keys, Names, Text, Whole, flag, one_of
from worker.adapters.definitions.model import Shape
from worker.domain.alert.ready_made import Against, Direction, ReadyMade
from worker.domain.alert.rule import NO_DATA_AFTER, Grouping, NoData

_Group = Annotated[Grouping, BeforeValidator(one_of(Grouping))]
_NoData = Annotated[NoData | None, BeforeValidator(one_of(NoData))]
_Ready = Annotated[ReadyMade | None, BeforeValidator(one_of(ReadyMade))]
_Direction = Annotated[Direction | None, BeforeValidator(one_of(Direction))]
_Against = Annotated[Against | None, BeforeValidator(one_of(Against))]
_OptionalFlag = Annotated[bool | None, BeforeValidator(flag)]


class AlertShape(Shape):
    title = "an alert"

    id: Text = Field(description="Names the rule within its schedule.")
    previously: Text = Field(default="", description="The id that it had before a rename; its alerts go on.")
    name: Text = Field(default="", description="What messages call it; the id in words unless given.")
    for_each: Any = Field(
        default=None,
        description="One alert for each row, group or change: QUERY, QUERY.TABLE, {rows, by}, QUERY.added, "
        ".removed or .changed.",
    )
    on: Text = Field(default="", description="Instead of for_each: one alert for a query as a whole.")
    condition: Text = Field(default="", alias="if", description="When it fires, such as row.value >= 50000.")
    until: Text = Field(default="", description="When it ends; as soon as `if` does not hold unless given.")
    pending: Text = Field(default="", alias="for", description="How long `if` must hold before it fires, such as 2h.")
    keep_firing: Text = Field(default="", description="How long it must not hold before it is over, such as 1h.")
    repeat: Text = Field(default="", description="After how long it is sent again while it fires; never unless given.")
    severity: Any = Field(default=None, description="info, warning (unless given), critical; or {critical: condition}.")
    labels: Keys = Field(default_factory=dict, description="Words of your own, for silences and subscriptions.")
    group: _Group = Field(default=Grouping.RUN, description="What shares a message: run (unless given) or rule.")
    notify: Any = Field(default=None, description="Entries of `to` by id, or whole entries; all of `to` unless given.")
    resolved: _OptionalFlag = Field(default=None, description="false: nobody is notified of its end.")
    no_data: _NoData = Field(default=None, description="Who is notified of missing data: operator, alert or ok.")
    after: Whole = Field(default=NO_DATA_AFTER, description="Evaluations in a row without data before that; 3.")
    rule: _Ready = Field(default=None, description="A ready-made rule: threshold, change, newly_stalled or no_data.")
    of: Text = Field(default="", description="What a ready-made rule looks at: value, count, rows, a measure.")
    over: Text = Field(default="", alias="above", description="Of a ready-made rule: a number or a share such as 20%.")
    below: Text = Field(default="", description="Of `rule: threshold`: a number or a share such as 20%.")
    by: Text = Field(default="", description="Of `rule: change`: how far, a number or a share such as 10%.")
    direction: _Direction = Field(default=None, description="Of `rule: change`: up, down or both (unless given).")
    against: _Against = Field(default=None, description="Of `rule: change`: baseline (unless given) or comparison.")
    currency: Text = Field(default="", description="Of a ready-made rule: whose amounts, such as EUR.")


class GroupsShape(Shape):
    title = "for_each"

    rows: Text = Field(description="A query.")
    by: Text = Field(description="A text or id column, such as owner: one alert for each of its values.")


class InhibitShape(Shape):
    title = "an item of inhibit"

    source: Text = Field(description="While an alert of this rule fires …")
    target: Text = Field(description="… those of this rule are not told.")
    equal: Names = Field(default=(), description="Only those with the same owner, stage, … or label; all unless given.")
