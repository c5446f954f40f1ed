"""Every key of a project in Redis. `<p>` is the project's name; times are milliseconds since the Unix epoch, UTC.

    <p>:owner                     text    random id of the project directory that this prefix belongs to
    <p>:deployed                  hash    bundle, at: what is in force
    <p>:deployments               list    the last 20 deployments, newest first: {"b": bundle, "t": since when}
    <p>:bundle:<id>               text    an encoded bundle; immutable
    <p>:bundle:<id>:schedules     set     its schedules' ids; only of the bundle in force
    <p>:due                       zset    schedule → when it is due next: its next slot and its share of `spread`
    <p>:paused                    hash    schedule → when a pause set at run time ends, 0 for open end
    <p>:paused:defined            set     schedules of the bundle in force whose definition says `paused: true`
    <p>:renamed                   hash    an id that a schedule had → the id that it has now
    <p>:last                      hash    schedule → its newest slot that was claimed or missed
    <p>:run:<run>                 hash    state trigger bundle attempt claimed_at deadline claimed_by executed_by reason
                                          sentence closed_at not_before; snapshots, gaps (JSON); tries: begun since it
                                          last came back in good order; q: times published again; readers: how many,
                                          only once it is delivering; notified: how many of them
                                          are notifications of alerts; behind: the newest slot that was claimed before
                                          it, where that is newer than its own; all: each of its deliveries waits for
                                          every older one of the reader; todo: where its beginning stopped; untold: the
                                          operator is to hear of it; n:<class>: how many deliveries are open, sent,
                                          skipped, refused, failed, unknown; n:stopped: of the refused,
                                          how many were suspended; n:expired: how many waited
                                          past their time, those tried again included
    <p>:run:<run>:deliveries      hash    reader → row
    <p>:run:<run>:staged          hash    the same, before the run delivers; gone within an hour
    <p>:run:<run>:pairs           hash    short name → what deliveries were decided against: by query its baseline, or
                                          why there was none; under "@" the version that rendered, and under "@key"
                                          the key that signed its links (JSON)
    <p>:run:<run>:subscribed      hash    reader → the entry (JSON), of readers who subscribed at run time
    <p>:run:<run>:alerts          hash    e: what the run's alert rules found (zstd); n:<name>: what readers are told
                                          (zstd); forgotten: when something was taken out on request
    <p>:run:<run>:alerts:<token>  hash    the same, and s:<rule>: a rule's state, before the run is handed over; gone
                                          within an hour
    <p>:alerts:<schedule>         hash    rule → version, snapshot, and what is remembered of its alerts (zstd); "": the
                                          id that their fingerprints are made with, of a schedule that was renamed; of
                                          one that is gone 401 days more, and then it holds no snapshots
    <p>:acks:<schedule>           hash    fingerprint of an alert → who acknowledged it, until it is over
    <p>:silences                  hash    id → silence; gone 400 days after its end
    <p>:runs, <p>:runs:<schedule> zset    run → slot
    <p>:open:<schedule>           zset    run → slot, while the run or one of its deliveries is not closed for good
    <p>:missed[:<schedule>]       zset    [schedule, first, last, count, reason] → last
    <p>:attention:runs            zset    run → when the tick has to look; for a run that is fetched, its lease's end
    <p>:attention:deliveries      zset    delivery → the same
    <p>:baseline:<schedule>       hash    reader → {query: [snapshot, slot, as of, when it was reset]}; without the
                                          last where nobody did; snapshot "": with nothing
    <p>:unclear:<schedule>        hash    reader → slot of the oldest digest that may have arrived, until a later one
                                          surely has
    <p>:returned:<schedule>       hash    reader → {delivery: [held digests, how many more]}: of which a message was
                                          to tell that was not sent, until the reader's next digest tells of them
    <p>:subscriptions:<schedule>  hash    reader → {record, expires_ms, version}: subscriptions made at run time
    <p>:subscriptions:<schedule>:ended hash  reader → when a deployment removed the schedule
    <p>:preferences:<schedule>    hash    reader, or copy ("cc:ENTRY|address") → {choice, origin, by, at, until,
                                          for_copies}: who unsubscribed or is paused
    <p>:continued:<schedule>      hash    an id that a reader or a copy had → the id that it has now
    <p>:choices:<schedule>        hash    reader → {origin, by, at, locale, send, days, quiet_hours, rows}: what readers
                                          chose of their own subscriptions; null or empty where nothing
    <p>:chain:<schedule>:<query>  zset    snapshot → slot, of complete answers
    <p>:snap:<id>                 hash    header (zstd), tables: the ids of its tables, a blank between them
                                          forgotten: rows were taken out of it on request
    <p>:table:<id>                text    a table (zstd), or 1, the name of another and what differs from it (zstd)
    <p>:keyframe:<query>:<table>  text    the whole table that the query's next ones are deltas to, and how many are
    <p>:refs                      hash    s:<snapshot>, t:<table> → how many runs, pairs and alert rules, or how many
                                          snapshots, hold it
    <p>:chores                    hash    where the housekeeping is: cursor, next
    <p>:chores:bundles            set     bundles that the housekeeping has not seen in use
    <p>:pace:<bucket>             text    when the bucket's next turn is free; gone soon after
    <p>:pace:<bucket>:<who>       text    the turn that a schedule's reader has and has not used; gone when it comes
    <p>:cap:<subject>             hash    ends: of the period; deliveries that have a turn in it
    <p>:cap:<subject>:also        text    the delivery that tells of digests over the cap
    <p>:circuit:<receiver>        hash    answered: when a receiver last answered; trial: when a message
                                          went to try it; open: until when it gets none; gone after minutes
    <p>:quota:<account>           hash    known, probing, every, shut, next, later; day, left, asked; limit:<name>/<n>:
                                          what was told of a connection's budget, and its next free place
    <p>:quota:<account>:sent      list    places of the last requests, where a limit is kept by counting
    <p>:share:<key>               hash    an answer that may serve several runs: begun, snapshot, compared; or why the
                                          last fetch brought nothing: reason, sentence, retry, ended; whose turn it is
                                          to fetch: turn, until
    <p>:tokens:<account>          text    the tokens of an OAuth connection, encrypted
    <p>:tokens:<account>:turn     text    a worker renews them; gone after half a minute
    <p>:access                    hash    id of a token of the API → the token (JSON), without its secret
    <p>:access:used               hash    id → when it was used last
    <p>:audit                     stream  what was done through every door: r, a record (JSON); about 100,000 of them
    <p>:audit:forgotten           hash    number in the stream → the record, in which a person was forgotten
    <p>:events                    stream  facts for those who follow: f, [kind, …] (JSON); about 20,000 of them
    <p>:webhook:<name>            hash    cursor: the last fact that was looked at for a webhook of events; who has the
                                          turn, until when; failures: tries in a row without success, trouble: what the
                                          last said, retry_at: when the next is; sent, lost, unknown: how many
                                          events
    <p>:webhook:<name>:queue      stream  events that are to be sent: i, the fact's id; b, the body; r, when somebody
                                          had it sent again
    <p>:webhook:<name>:dead       hash    id of a fact that was given up → [body, why]; the newest 1,000
    <p>:webhook:<name>:dead:order zset    the same ids → when they were given up
    <p>:answer:<key>              hash    of a request with an idempotency key: request, its hash; turn: until when
                                          somebody deals with it; status, body: of its answer; gone after a day
    <p>:once:<name>               text    what was first said under an idempotency key; gone after a day
    <p>:windows                   zset    schedule → when its debounce window ends, opened by an event
    <p>:event:<id>                text    an event came: a hash of its connection and id; gone after 7 days
    <p>:counts                    hash    what is counted, in words with blanks between them ("run delivered ") → how
                                          often (lua/common.lua)
    <p>:waiting                   zset    run that is claimed → since when a worker could begin it
    <p>:waiting:<kind>            zset    delivery that is pending → since when a worker could send it; kind: digest,
                                          alert, notice
    <p>:accounts                  hash    connection → the account whose budget it uses
    <p>:heard                     hash    connection → when its last verified event came
    <p>:hooks:<connection>        hash    what became of requests to /hooks/CONNECTION → how many
    <p>:webhook-keys:<connection> hash    id of a webhook that was registered at the service → the secret of its
                                          requests, encrypted
    <p>:alive                     zset    "<kind> <pid> <host>" → when that process last said that it is there
    <p>:mailboxes                 zset    channel → when a worker is to read its mailbox of bounces next
    <p>:mailboxes:every           hash    channel → how often, in ms; of the bundle in force
    <p>:mailbox:<channel>         hash    validity, number: of the last mail that was dealt with, as the server numbers
                                          them; looked: when it was last read to its end; trouble: why the last try
                                          failed; turn: how many there were; until: when the present one lapses;
                                          asked: when a worker was asked to read it and has not begun;
                                          n:<what>: how many mails led to what
    <p>:suspended                 hash    subject → sentence, until the next deployment
    <p>:notices                   hash    subject → {d: day of the last notice to the operator, t: when something of it
                                          last happened, n: how often since and f: first when, untold yet, o: its end
                                          is to be told, s: the newest slot of which}

A delivery's row is one letter and a JSON object. The letter: P pending, D deferred, G sending, S sent, K skipped,
R refused, F failed, U unknown, H unknown and held. The object, absent where there is nothing to say: a attempt, x
expires, n not before, e reason, m sentence, d date, b short name of the pair, p parts [[letter, sha256, receipt]], l
baselines that it moves if no further part is sent, v sent once more, y closed although it may have arrived, w version
that rendered a later try, h held until and o by which process, q times published again, t when it was settled or
became unknown, i of a notice what the operator is told (notices.py), u the slot of
an older digest that may have arrived, c of a notification of alerts the name of its content, g of one that waits to be
collected how a newer one tells of it (as the digests of a notice), j the digests of which it tells and k how many more.
"""

from worker.domain.run import RunKey


def run(prefix: str, key: RunKey) -> str:
    return f"{prefix}:run:{key}"


def rows(prefix: str, run_key: RunKey) -> str:
    return f"{prefix}:run:{run_key}:deliveries"


def pairs(prefix: str, run_key: RunKey) -> str:
    return f"{prefix}:run:{run_key}:pairs"


def subscribed(prefix: str, run_key: RunKey) -> str:
    return f"{prefix}:run:{run_key}:subscribed"


def notifications(prefix: str, run_key: RunKey) -> str:
    return f"{prefix}:run:{run_key}:alerts"


def alerts(prefix: str, schedule: str) -> str:
    return f"{prefix}:alerts:{schedule}"


def acks(prefix: str, schedule: str) -> str:
    return f"{prefix}:acks:{schedule}"


def subscriptions(prefix: str, schedule: str) -> str:
    return f"{prefix}:subscriptions:{schedule}"


def preferences(prefix: str, schedule: str) -> str:
    return f"{prefix}:preferences:{schedule}"


def continued(prefix: str, schedule: str) -> str:
    return f"{prefix}:continued:{schedule}"


def choices(prefix: str, schedule: str) -> str:
    return f"{prefix}:choices:{schedule}"


def index(prefix: str, name: str, schedule: str | None) -> str:
    """`name` is "runs" or "missed": of one schedule, or of all."""
    return f"{prefix}:{name}" if schedule is None else f"{prefix}:{name}:{schedule}"


def bundle(prefix: str, bundle_id: str) -> str:
    return f"{prefix}:bundle:{bundle_id}"


def schedules(prefix: str, bundle_id: str) -> str:
    return f"{prefix}:bundle:{bundle_id}:schedules"


def baseline(prefix: str, schedule: str) -> str:
    return f"{prefix}:baseline:{schedule}"


def chain(prefix: str, schedule: str, query: str) -> str:
    return f"{prefix}:chain:{schedule}:{query}"


def snap(prefix: str, snapshot_id: str) -> str:
    return f"{prefix}:snap:{snapshot_id}"


def table(prefix: str, table_id: str) -> str:
    return f"{prefix}:table:{table_id}"


def keyframe(prefix: str, name: str) -> str:
    return f"{prefix}:keyframe:{name}"


def quota(prefix: str, account_id: str) -> str:
    return f"{prefix}:quota:{account_id}"


def circuit(prefix: str, receiver: str) -> str:
    return f"{prefix}:circuit:{receiver}"


def mailbox(prefix: str, channel: str) -> str:
    return f"{prefix}:mailbox:{channel}"


def hooks(prefix: str, connection: str) -> str:
    return f"{prefix}:hooks:{connection}"


def webhook(prefix: str, name: str, part: str = "") -> str:
    """`part`: queue or dead."""
    return f"{prefix}:webhook:{name}" + (f":{part}" if part else "")


def webhook_keys(prefix: str, connection: str) -> str:
    return f"{prefix}:webhook-keys:{connection}"


def tokens(prefix: str, account_id: str) -> str:
    return f"{prefix}:tokens:{account_id}"


def once(prefix: str, name: str) -> str:
    return f"{prefix}:once:{name}"


def single(prefix: str, name: str) -> str:
    """owner, deployed, deployments, due, last, paused, renamed, suspended, notices, silences, access, audit, events,
    windows.
    """
    return f"{prefix}:{name}"
