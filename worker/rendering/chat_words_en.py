"""English words of answers in a chat, of buttons in its messages, and of the page where alerts are acknowledged."""

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "chat.help": (
        "/funnelbeat run ID: run a schedule now\n"
        "/funnelbeat next: the next runs\n"
        "/funnelbeat why [ID]: what became of the last digest, and what moved\n"
        "/funnelbeat subscribe ID: get a schedule's digest as a direct message\n"
        "/funnelbeat unsubscribe ID: end that\n"
        "/funnelbeat alerts: what fires now"
    ),
    "chat.nobody": (
        "Funnelbeat does not know you: ask whoever runs it to write {address} into `people:` of funnelbeat.yaml."
    ),
    "chat.forbidden": "You may not do this: it needs `may: [{scope}]` beside your address in funnelbeat.yaml.",
    "chat.unknown": "There is no command {word}: /funnelbeat help lists all.",
    "chat.which": "Write which schedule: {known}.",
    "chat.no_schedule": "You see no schedule {name}; you see {known}.",
    "chat.no_schedules": "You see no schedule: none sends anything to you or to this conversation.",
    "chat.nothing_deployed": "Nothing is deployed yet.",
    "chat.refused": "That was refused: {sentence}.",
    "chat.busy": "This does not work at the moment, and nothing has changed. Try again in a minute.",
    "chat.too_often": "You or your workspace ask very often. Nothing was done: try again in {seconds} s.",
    "chat.working": "This takes a little longer. The answer follows here.",
    "chat.queued": "{name}: a run is on its way. You are told here when it has ended.",
    "chat.ended": "{name}: the run has ended. {state}, {sent}.",
    "chat.sent.one": "{n} message sent",
    "chat.sent.other": "{n} messages sent",
    "chat.next": "{name} ({id}): {date}",
    "chat.next_paused": "{name} ({id}): paused",
    "chat.next_paused_until": "{name} ({id}): paused until {date}",
    "chat.next_none": "{name} ({id}): no next run",
    "chat.why": "{name}, {date}: {state}",
    "chat.why.no_change": "not sent, nothing moved",
    "chat.why.empty": "not sent, nothing to show",
    "chat.why.no_alert": "not sent, no alert had news",
    "chat.why.muted": "not sent, muted",
    "chat.why.unsubscribed": "not sent, unsubscribed",
    "chat.why.suspended": "not sent, the address is suspended",
    "chat.why.superseded": "not sent, a newer digest came first",
    "chat.why.expired": "not sent, it came too late",
    "chat.why_none": "{name}: nothing came to you yet",
    "chat.alerts_none": "No alert that you were told of fires now.",
    "chat.alert": "{name}{amount}: {rule}, since {date}{note}",
    "chat.alert_acked": ", acknowledged",
    "chat.alert_quiet": ", quiet",
    "chat.subscribed": "{name} comes to you as a direct message from now on.",
    "chat.subscribed_already": "{name} comes to you as a direct message already.",
    "chat.subscribed_again": "{name} comes to you again.",
    "chat.unsubscribed": "{name} does not come to you as a direct message any more.",
    "chat.not_subscribed": "You have no subscription to {name} that you could end here.",
    "chat.acked": "Acknowledged by {who}, {date}",
    "chat.snoozed": "Snoozed by {who} until {date}",
    "chat.muted": "Muted by {who} until {date}",
    "chat.over": "This alert is over.",
    "chat.not_told": "You may not do this: you were not told of this alert here.",
    "chat.mute_room": (
        "This digest goes to a whole conversation: to mute it needs `may: [manage]` beside your address in"
        " funnelbeat.yaml."
    ),
    "chat.gone": "This digest is not sent to this reader any more.",
    "chat.button.open": "Open",
    "chat.button.open_of": "Open: {name}",
    "chat.button.ack": "Acknowledge",
    "chat.button.ack_of": "Acknowledge: {name}",
    "chat.button.snooze": "Snooze 7 days",
    "chat.button.snooze_of": "Snooze 7 days: {name}",
    "chat.button.mute": "Mute this for 28 days",
    "alert.answer_link": "Acknowledge or snooze",
    "web.alerts.title": "Alerts that you were told of",
    "web.alerts.none": "None of them fires any more.",
    "web.alerts.acked": "Acknowledged by {who}, {date}",
    "web.alerts.snoozed": "Quiet until {date}",
    "web.alerts.ack": "Acknowledge",
    "web.alerts.snooze": "Snooze 7 days",
    "web.alerts.what": (
        "Acknowledged: no repeats until it is over. Snoozed: nothing for 7 days, and then again if it still fires."
    ),
    "web.alerts.yours": "This page is yours alone until {date}. Do not pass on its address.",
}
