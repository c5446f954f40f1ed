"""Every shipped schedule in every state of a digest: what must hold whatever the state is."""

import re
from pathlib import Path

from tests.golden.states import STATES, every_state
from tests.golden.two_mondays import FILES
from tests.measured.mails import entry
from tests.support.contents import mail_of

DEALS_ARE_SPOKEN_OF = re.compile(r"\bdeals?\b", re.IGNORECASE)
CHANGED = re.compile(r"^Changed: (.+?)\n(?:\n|[A-Z])", re.MULTILINE | re.DOTALL)


async def test_every_state_of_every_schedule_reads_well(tmp_path: Path) -> None:
    digests = await every_state(tmp_path)
    assert len(digests) == len(STATES) * len(FILES)
    for name, digest in digests.items():
        for locale in ("en_GB", "de_DE"):
            text = mail_of(digest, entry(locale)).text
            if name.startswith("umami"):
                assert not DEALS_ARE_SPOKEN_OF.search(text), f"{name}: no deal is in this digest"
            titles = [part.splitlines()[-1] for part in re.split(r"\n\n", text) if part.strip()]
            assert not {"OTHER FIGURES", "WEITERE ZAHLEN"} & set(titles), f"{name}: a title with nothing below"
        changed = CHANGED.search(mail_of(digest, entry("en_GB")).text)
        assert changed is None or len(changed[1]) < 90, f"{name}: {changed[1]}"
