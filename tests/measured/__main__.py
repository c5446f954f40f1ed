"""Every locale with every currency, at 320 pixels: `python -m tests.measured`. Ends with 1 where a mail is too wide."""

import sys
import tempfile
from pathlib import Path

from tests.measured.browser import measure
from tests.measured.mails import CURRENCIES, LOCALES, branded_mail, entry, in_currency, website
from tests.rendering.test_alerts import entry as alert_entry
from tests.rendering.test_alerts import in_currency as alert_in_currency
from tests.support.contents import mail_of

NARROWEST = 320


def main() -> int:
    wide = 0
    for code in CURRENCIES:
        with tempfile.TemporaryDirectory() as place:
            digest, alert = in_currency(code), alert_in_currency(code)
            mails = {
                f"{name}.{locale}.{code}": html
                for locale in LOCALES
                for name, html in (
                    ("pipeline", mail_of(digest, entry(locale), linked=True).html),
                    ("website", mail_of(website(code), entry(locale), linked=True).html),
                    ("alert", mail_of(alert, alert_entry(locale), linked=True).html),
                    ("brand", branded_mail(digest, locale)),
                )
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
