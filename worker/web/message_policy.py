"""What a browser lets a stored message do: only show itself, whatever its texts contain."""

POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
"""A Content-Security-Policy. Mail programs read styles that stand in elements, so a message has them."""
