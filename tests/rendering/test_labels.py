from worker.rendering.wording import Wording
from worker.vocabulary import VOCABULARY

EN = Wording("en_GB", "Europe/Berlin", 2026, VOCABULARY.words)
DE = Wording("de-DE", "Europe/Berlin", 2026, VOCABULARY.words)
FRENCH = Wording("fr_FR", "Europe/Paris", 2026, VOCABULARY.words)
PLAIN = Wording("en_GB", "Europe/Berlin", 2026)


def test_a_services_words_are_ours_where_we_know_them() -> None:
    assert EN.service_word("follow_up_call") == "Call"
    assert DE.service_word("cant_get_in_touch") == "keine Antwort"
    assert DE.service_word("no contact attempt") == "kein Kontaktversuch"
    assert DE.service_word("Call") == "Anrufen"
    assert EN.service_word("send_a_fax") == "send a fax"
    assert EN.service_word("Ring *them*\r\n") == "Ring *them*"
    assert EN.service_word(None) == ""
    assert EN.metric_label("count_total_won") == "Won"
    assert EN.metric_label("something_new") == "Something new"
    assert EN.query_label("funnel_stages") == "funnel stages"


def test_a_next_step_is_a_code_or_a_persons_own_text() -> None:
    assert (EN.next_step("follow_up_call"), DE.next_step("follow_up_call")) == ("Call", "Anrufen")
    assert EN.next_step("brand_new_thing") == "Brand new thing"
    assert EN.next_step("no_update:10:Offer") == "no_update:10:Offer"
    assert EN.next_step("") == EN.next_step(None) == ""


def test_a_stall_reason_is_worded_in_the_readers_language() -> None:
    assert EN.stall_reason("no_update:10:Offer") == "Offer · limit 10 d"
    assert DE.stall_reason("no_update:10:Offer") == "Offer · Grenze 10 T."
    assert DE.stall_reason("no_update:1:Offer") == "Offer · Grenze 1 T."
    assert EN.stall_reason("idle:90:5:Offer") == "idle for longer than 90 % of deals needed in Offer (5 d)"
    assert DE.stall_reason("idle:90:5:Offer") == "länger ohne Änderung, als 90 % der Deals in Offer brauchten (5 T.)"
    assert DE.stall_reason("days_in_stage:14") == "seit 14 Tagen in der Phase"
    assert FRENCH.stall_reason("no_next_activity") == "no next activity"
    assert DE.stall_reason("no_issue") == ""


def test_what_older_snapshots_hold_is_still_worded_or_printed_as_it_is() -> None:
    assert (EN.next_step("New close date"), DE.next_step("New close date")) == (
        "New close date",
        "Neuer Abschlusstermin",
    )
    assert DE.stall_reason("no reply") == "keine Antwort"
    assert DE.stall_reason("no update for 10 days in Offer") == "no update for 10 days in Offer"


def test_a_stage_is_printed_as_it_is_called() -> None:
    assert EN.stall_reason("no_update:10:Offer: {1} {x} <b>") == "Offer: {1} {x} <b> · limit 10 d"
    assert EN.stall_reason("no_update:10:a\r\nb\u202e") == "a b · limit 10 d"


def test_without_services_a_code_loses_its_underscores_only() -> None:
    assert PLAIN.next_step("follow_up_call") == "Follow up call"
    assert PLAIN.stall_reason("cant_get_in_touch") == "cant get in touch"
    assert PLAIN.metric_label("count_total_won") == "Count total won"
