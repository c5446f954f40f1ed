"""How uvicorn serves the site: without an access log, because addresses of pages are credentials."""

from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from worker.web.connection import LONGEST_HEAD, PatientConnection

CONNECTIONS = 2_000
"""Connections, with those that wait. More get 503."""

GRACE = 10
"""Seconds that requests have to end once the process is told to stop. Event streams are cut then."""


def server_config(
    app: ASGIApp, host: str, port: int, certificate: Path | None = None, private_key: Path | None = None
) -> uvicorn.Config:
    """`port` 0: any that is free."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        ssl_certfile=certificate,
        ssl_keyfile=private_key,
        http=PatientConnection,
        h11_max_incomplete_event_size=LONGEST_HEAD,
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=GRACE,
    )
