"""What commands print is what they were given."""

import io

from worker.entry.console import TextConsole, err, out


def test_an_id_with_colons_is_no_picture() -> None:
    """`:email:` is a letter to rich, unless it is told otherwise."""
    for console in (out, err):
        shown = TextConsole(file=io.StringIO(), emoji=console._emoji)
        shown.print("alert:email:boss@acme.example", markup=False)
        assert shown.file.getvalue() == "alert:email:boss@acme.example\n"  # type: ignore[attr-defined]
