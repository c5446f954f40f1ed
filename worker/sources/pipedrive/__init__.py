"""Pipedrive through its REST API (developers.pipedrive.com): pipelines, their statistics, and lists of deals."""

from worker.sources.pipedrive.kind import PIPEDRIVE
from worker.sources.pipedrive.source import PipedriveSource, PipedriveTuning, open_source

__all__ = ["PIPEDRIVE", "PipedriveSource", "PipedriveTuning", "open_source"]
