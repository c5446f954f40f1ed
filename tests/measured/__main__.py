"""Every locale with every currency, at 320 pixels: `python -m tests.measured`. Ends with 1 where a mail is too wide."""

import sys
import tempfile
from pathlib import Path

from tests.measured.browser import measure
from tests.measured.mails import CURRENCIES, LOCALES, entry, in_currency, website
from tests.support.contents import mail_of

NARROWEST = 320


def main() -> int:
    wide = 0
    for code in CURRENCIES:
        with tempfile.TemporaryDirectory() as place:
            mails = {
                f"{make.__name__}.{locale}.{code}": mail_of(make(code), entry(locale)).html
                for make in (in_currency, website)
                for locale in LOCALES
            }
            found = measure(mails, NARROWEST, Path(place))
        bad = {name: (*one.wide, *one.broken) for name, one in found.items() if one.wide or one.broken}
        sys.stdout.write(f"{code}: {len(found)} mails, {len(bad)} too wide or broken inside a word\n")
        for name, complaints in bad.items():
            sys.stdout.write(f"  {name}: {'; '.join(complaints)}\n")
        wide += len(bad)
    return 1 if wide else 0


if __name__ == "__main__":
    sys.exit(main())
