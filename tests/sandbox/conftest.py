from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest

from worker.adapters.tls import tls_context
from worker.sandbox.close_api import API_KEY
from worker.sandbox.names import HOSTILE
from worker.sandbox.pipeline import PipelineSimulation
from worker.sandbox.server import Sandbox
from worker.sandbox.slack_api import TOKEN

NOW = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)


@pytest.fixture
def pipeline() -> PipelineSimulation:
    return PipelineSimulation(3, NOW, names=HOSTILE)


@pytest.fixture
async def box(pipeline: PipelineSimulation) -> AsyncIterator[Sandbox]:
    """On a clock that stands still."""
    async with Sandbox(pipeline=pipeline, now=lambda: NOW) as box:
        yield box


@pytest.fixture
async def close(box: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=box.close_url, auth=(API_KEY, ""), verify=tls_context()) as client:
        yield client


@pytest.fixture
async def slack(box: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(base_url=box.slack_url, headers=headers, verify=tls_context()) as client:
        yield client


@pytest.fixture
async def control(box: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=box.control_url, verify=tls_context()) as client:
        yield client
