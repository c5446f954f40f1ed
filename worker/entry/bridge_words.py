"""A bridge in the words of a digest, for the terminal and for the demo's page."""

from collections.abc import Iterator, Mapping

from worker.domain.snapshot.opportunity import Move
from worker.rendering.wording import JOIN, Wording, direction


def bridge_labels() -> dict[str, str]:
    """Each term of a bridge in the words of a digest, in its order: opening, the moves, closing."""
    words = _words()
    moves = {move.value: words.move_label(move) for move in Move}
    return {"opening": words.say("opening"), **moves, "closing": words.say("closing")}


def amount_of(term: str, amount: int, currency: str) -> str:
    """With cents, and for a move with its sign. `amount`: in minor units, as a bridge holds it."""
    if term in {"opening", "closing"}:
        return _words().money(amount, currency, cents=True)
    return _words().money(direction(Move(term)) * amount, currency, signed=True, cents=True).replace(JOIN, "")


def bridge_lines(currency: str, terms: Mapping[str, int]) -> Iterator[str]:
    """One line for each term that is not zero. Amounts stand in one column."""
    for name, label in bridge_labels().items():
        if terms[name] or name in {"opening", "closing"}:
            yield f"  {label:<18}{amount_of(name, terms[name], currency):>14}"


def _words() -> Wording:
    return Wording("en_GB", "UTC")
