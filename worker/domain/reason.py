"""Why something was or was not sent, run or fetched: one closed list for code, ledger, log and documentation."""

from enum import StrEnum


class Reason(StrEnum):
    """`SENTENCES` below says each one in words. A test fails if a reason is undocumented."""

    # why a digest is sent
    FIRST = "first"
    ALWAYS = "always"
    CHANGED = "changed"
    REQUESTED = "requested"
    ALERT = "alert"
    # why this reader has no baseline for a query
    QUERY_CHANGED = "query_changed"
    BASELINE_EXPIRED = "baseline_expired"
    SUBSCRIBED = "subscribed"
    LATER_DIGEST = "later_digest"
    RESET = "reset"
    # why a delivery is skipped
    NO_CHANGE = "no_change"
    EMPTY = "empty"
    NO_ALERT = "no_alert"  # also why a run without readers of digests is skipped
    CAPPED = "capped"
    TAKEN_OVER = "taken_over"
    SUSPENDED = "suspended"
    UNSUBSCRIBED = "unsubscribed"
    MUTED = "muted"
    NOT_ALLOWED = "not_allowed"
    NOT_NAMED = "not_named"  # of an address in `cc` as well, and of a reader who is left out by `retry`
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    CANCELLED = "cancelled"  # also why a run ended without deliveries
    # why a delivery waits
    RATE_LIMITED = "rate_limited"
    PACE = "pace"
    ORDER = "order"
    BACKOFF = "backoff"
    QUIET_HOURS = "quiet_hours"
    COLLECTED = "collected"  # also why a digest is sent that tells of others
    # why a delivery did not arrive, or may not have
    REFUSED = "refused"
    RENDER = "render"
    EXHAUSTED = "exhausted"
    PARTS_MISSING = "parts_missing"
    COPIES_MISSING = "copies_missing"
    UNCLEAR = "unclear"
    LEASE_LAPSED = "lease_lapsed"
    HELD = "held"
    POSSIBLE_DUPLICATE = "possible_duplicate"
    FOUND = "found"
    ABSENT = "absent"
    SAME_KEY = "same_key"
    SETTLED = "settled"
    RETRIED = "retried"
    # why a run ended without deliveries
    SOURCE = "source"
    ABANDONED = "abandoned"
    UNDELIVERED = "undelivered"  # of a notice: the run's deliveries say more
    PARTLY_DELIVERED = "partly_delivered"  # of a notice, too
    NO_DATA = "no_data"  # of a notice about an alert rule
    DATA_BACK = "data_back"  # of a notice, too
    NOT_READ = "not_read"  # of a notice about an alert rule
    SLOTS_MISSED = "slots_missed"  # of a notice
    BUDGET_SPENT = "budget_spent"  # of a notice
    WAITED_TOO_LONG = "waited_too_long"  # of a notice
    TROUBLE_OVER = "trouble_over"  # of a notice: the end of what an earlier one told
    DELETED = "deleted"
    NO_READERS = "no_readers"
    NO_ADDRESS = "no_address"
    # why a slot was missed
    TOO_LATE = "too_late"
    CAUGHT_UP = "caught_up"
    PAUSED = "paused"  # also why a run that was claimed is skipped


SENTENCES: dict[Reason, str] = {
    Reason.FIRST: "First digest for this reader: there is nothing to compare with yet.",
    Reason.ALWAYS: "The schedule sends every digest.",
    Reason.CHANGED: "Something significant moved since this reader's last digest.",
    Reason.REQUESTED: "Somebody asked for this run.",
    Reason.ALERT: "An alert of the schedule has something to report.",
    Reason.QUERY_CHANGED: "The query was edited, so it cannot be compared with its old answers.",
    Reason.BASELINE_EXPIRED: "The last digest's snapshot is gone or older than 400 days.",
    Reason.SUBSCRIBED: "This reader was added after the last run.",
    Reason.LATER_DIGEST: "This reader's last digest is not from an earlier slot; only earlier slots are compared with.",
    Reason.RESET: "Somebody reset what this reader's digests are compared with.",
    Reason.NO_CHANGE: "Nothing significant moved, and this reader wants changes only.",
    Reason.EMPTY: "There is nothing to show.",
    Reason.NO_ALERT: "No alert of the schedule has anything to report.",
    Reason.CAPPED: "The address had as many messages as it may get; one message names the others later.",
    Reason.TAKEN_OVER: "Another message to this address contains its content.",
    Reason.SUSPENDED: "The address or channel refused earlier messages permanently; a new deployment tries it again.",
    Reason.UNSUBSCRIBED: "This reader unsubscribed.",
    Reason.MUTED: "This reader's messages are paused.",
    Reason.NOT_ALLOWED: "The address does not match `subscriptions.allow`.",
    Reason.NOT_NAMED: "The deployed definition no longer names the address.",
    Reason.SUPERSEDED: "A newer run took this one's place.",
    Reason.EXPIRED: "Its time was over before it could be sent.",
    Reason.CANCELLED: "Somebody cancelled the run.",
    Reason.RATE_LIMITED: "The receiver asked us to wait.",
    Reason.PACE: "The channel limits how often messages are sent; this one waits for its turn.",
    Reason.ORDER: "An older digest for this reader is not sent yet; digests are sent in the order of their slots.",
    Reason.BACKOFF: "The receiver could not take it; it is tried again later.",
    Reason.QUIET_HOURS: "These are quiet hours of the reader; it is sent when they are over.",
    Reason.COLLECTED: "This reader's digests are collected; one digest at a fixed time names the others.",
    Reason.REFUSED: "The receiver refused it permanently.",
    Reason.RENDER: "The template failed, or the message exceeds the channel's limits.",
    Reason.EXHAUSTED: "Every try failed until its time was over.",
    Reason.PARTS_MISSING: "The digest was sent, but a later part of it was not, such as a file.",
    Reason.COPIES_MISSING: "The digest was sent, but not to every address in `cc`.",
    Reason.UNCLEAR: "The connection broke after the message was handed over: it may have been accepted.",
    Reason.LEASE_LAPSED: "The process that was sending it ended: it may have been accepted.",
    Reason.HELD: "It may have been accepted; it is held until somebody settles it.",
    Reason.POSSIBLE_DUPLICATE: "Sent once more under the same identity, because the first try may have been accepted.",
    Reason.FOUND: "Looked up at the receiver: it had arrived.",
    Reason.ABSENT: "Looked up at the receiver: it had not arrived.",
    Reason.SAME_KEY: "Sent again under the same key: the receiver accepts it only once.",
    Reason.SETTLED: "Somebody found out what happened to it and recorded it.",
    Reason.RETRIED: "Somebody asked for another try.",
    Reason.SOURCE: "No query could be answered before the run's deadline.",
    Reason.ABANDONED: "Five workers began it and none finished.",
    Reason.UNDELIVERED: "No reader could be sent the digest.",
    Reason.PARTLY_DELIVERED: "Some readers could not be sent the digest.",
    Reason.NO_DATA: "An alert rule had no data several times in a row; its alerts stay as they were.",
    Reason.DATA_BACK: "An alert rule has data again.",
    Reason.NOT_READ: "Another version wrote the state of an alert rule, so the rule is not evaluated.",
    Reason.SLOTS_MISSED: "Slots of the schedule never ran.",
    Reason.BUDGET_SPENT: "A connection's budget of requests was used up, so a query has no answer.",
    Reason.WAITED_TOO_LONG: "Messages of the previous run waited until their time was over.",
    Reason.TROUBLE_OVER: "The problem that an earlier notice reported is over.",
    Reason.DELETED: "Its schedule is no longer deployed.",
    Reason.NO_READERS: "The schedule has nobody to send to.",
    Reason.NO_ADDRESS: "No address is known for this owner of rows.",
    Reason.TOO_LATE: "Nothing ran when it was due, and the schedule does not catch up.",
    Reason.CAUGHT_UP: "Nothing ran when it was due; the newest slot ran in its place.",
    Reason.PAUSED: "Its schedule was paused.",
}
