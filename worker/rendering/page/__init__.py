"""What all forms of a digest have in common, computed once. Each file computes one part; Page has all parts."""

from worker.rendering.page.page import Page
from worker.rendering.page.rows import CUTS, Cut

__all__ = ["CUTS", "Cut", "Page"]
