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
    previously: Text = Field(default="", description="The id that it had before a rename; its alerts continue.")
    name: Text = Field(default="", description="Its name in messages; default: the id in words.")
    for_each: Any = Field(
        default=None,
        description="One alert for each row, group or change: QUERY, QUERY.TABLE, {rows, by}, QUERY.added, "
        ".removed or .changed.",
    )
    on: Text = Field(default="", description="Instead of for_each: one alert for a query as a whole.")
    condition: Text = Field(default="", alias="if", description="When it fires, such as row.value >= 50000.")
    until: Text = Field(default="", description="When it ends; default: when `if` is no longer true.")
    pending: Text = Field(default="", alias="for", description="How long `if` must hold before it fires, such as 2h.")
    keep_firing: Text = Field(default="", description="How long it must be false before it ends, such as 1h.")
    repeat: Text = Field(default="", description="After how long it is sent again while it fires; default: never.")
    severity: Any = Field(default=None, description="info, warning (default), critical; or {critical: condition}.")
    labels: Keys = Field(default_factory=dict, description="Your own names and values, for silences and subscriptions.")
    group: _Group = Field(default=Grouping.RUN, description="What shares a message: run (default) or rule.")
    notify: Any = Field(default=None, description="Entries of `to` by id, or whole entries; default: all of `to`.")
    resolved: _OptionalFlag = Field(default=None, description="false: nobody is notified of its end.")
    no_data: _NoData = Field(default=None, description="Who is notified of missing data: operator, alert or ok.")
    after: Whole = Field(
        default=NO_DATA_AFTER, description="Evaluations in a row without data before that; default: 3."
    )
    rule: _Ready = Field(default=None, description="A ready-made rule: threshold, change, newly_stalled or no_data.")
    of: Text = Field(default="", description="What a ready-made rule looks at: value, count, rows, a measure.")
    over: Text = Field(default="", alias="above", description="Of a ready-made rule: a number or a share such as 20%.")
    below: Text = Field(default="", description="Of `rule: threshold`: a number or a share such as 20%.")
    by: Text = Field(default="", description="Of `rule: change`: by how much, a number or a share such as 10%.")
    direction: _Direction = Field(default=None, description="Of `rule: change`: up, down or both (default).")
    against: _Against = Field(default=None, description="Of `rule: change`: baseline (default) or comparison.")
    currency: Text = Field(default="", description="Of a ready-made rule: the currency of its amounts, such as EUR.")


class GroupsShape(Shape):
    title = "for_each"

    rows: Text = Field(description="A query.")
    by: Text = Field(description="A text or id column, such as owner: one alert for each of its values.")


class InhibitShape(Shape):
    title = "an item of inhibit"

    source: Text = Field(description="While an alert of this rule fires …")
    target: Text = Field(description="… alerts of this rule are not sent.")
    equal: Names = Field(default=(), description="Only those with the same owner, stage, … or label; default: all.")
