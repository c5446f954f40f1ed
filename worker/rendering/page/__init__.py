"""What every form of a digest says alike, worked out once. One file has one part of it; Page holds the parts."""

from worker.rendering.page.page import Page
from worker.rendering.page.rows import CUTS, Cut

__all__ = ["CUTS", "Cut", "Page"]
