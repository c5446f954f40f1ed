"""German words of answers in a chat, of buttons in its messages, and of the page where alerts are acknowledged."""

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "chat.help": (
        "/funnelbeat run ID: einen Zeitplan jetzt laufen lassen\n"
        "/funnelbeat next: die nächsten Läufe\n"
        "/funnelbeat why [ID]: was aus dem letzten Bericht wurde, und was sich bewegt hat\n"
        "/funnelbeat subscribe ID: den Bericht eines Zeitplans als Direktnachricht bekommen\n"
        "/funnelbeat unsubscribe ID: das beenden\n"
        "/funnelbeat alerts: welche Alarme jetzt offen sind"
    ),
    "chat.nobody": (
        "Funnelbeat kennt Sie nicht: Bitten Sie die Person, die es betreibt, {address} unter `people:` in"
        " funnelbeat.yaml einzutragen."
    ),
    "chat.forbidden": ("Das dürfen Sie nicht: Es braucht `may: [{scope}]` neben Ihrer Adresse in funnelbeat.yaml."),
    "chat.unknown": "Den Befehl {word} gibt es nicht: /funnelbeat help nennt alle.",
    "chat.which": "Schreiben Sie, welcher Zeitplan: {known}.",
    "chat.no_schedule": "Sie sehen keinen Zeitplan {name}; Sie sehen {known}.",
    "chat.no_schedules": "Sie sehen keinen Zeitplan: Keiner sendet etwas an Sie oder in diese Unterhaltung.",
    "chat.nothing_deployed": "Noch ist nichts ausgerollt.",
    "chat.refused": "Das wurde abgelehnt: {sentence}.",
    "chat.busy": "Das geht im Moment nicht, und nichts hat sich geändert. Versuchen Sie es in einer Minute wieder.",
    "chat.too_often": (
        "Sie oder Ihr Workspace fragen sehr oft. Nichts wurde getan: Versuchen Sie es in {seconds} s wieder."
    ),
    "chat.working": "Das dauert etwas länger. Die Antwort folgt hier.",
    "chat.queued": "{name}: Ein Lauf ist unterwegs. Sie erfahren hier, wann er zu Ende ist.",
    "chat.ended": "{name}: Der Lauf ist zu Ende. {state}, {sent}.",
    "chat.sent.one": "{n} Nachricht gesendet",
    "chat.sent.other": "{n} Nachrichten gesendet",
    "chat.next": "{name} ({id}): {date}",
    "chat.next_paused": "{name} ({id}): pausiert",
    "chat.next_paused_until": "{name} ({id}): pausiert bis {date}",
    "chat.next_none": "{name} ({id}): kein nächster Lauf",
    "chat.why": "{name}, {date}: {state}",
    "chat.why.no_change": "nicht gesendet, nichts hat sich bewegt",
    "chat.why.empty": "nicht gesendet, es gab nichts zu zeigen",
    "chat.why.no_alert": "nicht gesendet, kein Alarm hatte Neues",
    "chat.why.muted": "nicht gesendet, stumm geschaltet",
    "chat.why.unsubscribed": "nicht gesendet, abbestellt",
    "chat.why.suspended": "nicht gesendet, die Adresse ist gesperrt",
    "chat.why.superseded": "nicht gesendet, ein neuerer Bericht kam zuvor",
    "chat.why.expired": "nicht gesendet, es war zu spät",
    "chat.why_none": "{name}: Zu Ihnen kam noch nichts",
    "chat.alerts_none": "Kein Alarm, der Ihnen gemeldet wurde, ist jetzt offen.",
    "chat.alert": "{name}{amount}: {rule}, seit {date}{note}",
    "chat.alert_acked": ", bestätigt",
    "chat.alert_quiet": ", stumm",
    "chat.subscribed": "{name} kommt ab jetzt als Direktnachricht zu Ihnen.",
    "chat.subscribed_already": "{name} kommt schon als Direktnachricht zu Ihnen.",
    "chat.subscribed_again": "{name} kommt wieder zu Ihnen.",
    "chat.unsubscribed": "{name} kommt nicht mehr als Direktnachricht zu Ihnen.",
    "chat.not_subscribed": "Sie haben kein Abo von {name}, das Sie hier beenden könnten.",
    "chat.acked": "Bestätigt von {who}, {date}",
    "chat.snoozed": "Zurückgestellt von {who} bis {date}",
    "chat.muted": "Stumm geschaltet von {who} bis {date}",
    "chat.over": "Dieser Alarm ist vorbei.",
    "chat.not_told": "Das dürfen Sie nicht: Dieser Alarm wurde Ihnen hier nicht gemeldet.",
    "chat.mute_room": (
        "Dieser Bericht geht an eine ganze Unterhaltung: Ihn stumm zu schalten braucht `may: [manage]` neben Ihrer"
        " Adresse in funnelbeat.yaml."
    ),
    "chat.gone": "Dieser Bericht wird nicht mehr an diesen Leser gesendet.",
    "chat.button.open": "Öffnen",
    "chat.button.open_of": "Öffnen: {name}",
    "chat.button.ack": "Bestätigen",
    "chat.button.ack_of": "Bestätigen: {name}",
    "chat.button.snooze": "7 Tage zurückstellen",
    "chat.button.snooze_of": "7 Tage zurückstellen: {name}",
    "chat.button.mute": "28 Tage stumm schalten",
    "alert.answer_link": "Bestätigen oder zurückstellen",
    "web.alerts.title": "Alarme, die Ihnen gemeldet wurden",
    "web.alerts.none": "Keiner davon ist noch offen.",
    "web.alerts.acked": "Bestätigt von {who}, {date}",
    "web.alerts.snoozed": "Stumm bis {date}",
    "web.alerts.ack": "Bestätigen",
    "web.alerts.snooze": "7 Tage zurückstellen",
    "web.alerts.what": (
        "Bestätigt: keine Wiederholung, bis er vorbei ist. Zurückgestellt: 7 Tage nichts, danach wieder, wenn er noch"
        " offen ist."
    ),
    "web.alerts.yours": "Diese Seite gehört Ihnen allein, bis {date}. Geben Sie ihre Adresse nicht weiter.",
}
