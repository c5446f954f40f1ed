"""Style sheets into style attributes, for clients that drop <style>; media queries stay in the head."""

from css_inline import CSSInliner

# The library would fetch a linked sheet over the network unless it is told not to.
_INLINER = CSSInliner(load_remote_stylesheets=False, keep_at_rules=True, keep_style_tags=False)


def inline(html: str) -> str:
    """`html` with every rule applied to its elements. Nothing is fetched."""
    return _INLINER.inline(html)
