"""The rights that docs/operations/redis.md names are enough for the ledger."""

from dataclasses import replace
from pathlib import Path

import redis

from tests.machines.site import site
from worker.adapters.redis_server import EmbeddedRedis
from worker.domain.run import Run, RunState
from worker.flow.operate.on_demand import request, run_here
from worker.flow.run.tick import tick
from worker.flow.services import Services

DOCUMENTED = "+@all -@admin -@dangerous +info"


def test_a_user_with_the_documented_rights_serves_a_project(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "operations" / "redis.md").read_text("utf-8")
    assert f"`~<project>:* {DOCUMENTED}`" in page
    with EmbeddedRedis(tmp_path / "redis") as server, redis.Redis(unix_socket_path=str(server.socket)) as admin:
        admin.execute_command("ACL", "SETUSER", "house", "on", ">hush", "~acme:*", *DOCUMENTED.split())
        with site(tmp_path, server.url, server.broker_url, {}) as where:
            where.settings = replace(where.settings, redis_url=server.url.replace("unix://", "unix://house:hush@"))

            async def serve(services: Services) -> Run | None:
                await tick(services)
                await services.heartbeats.say_alive("clock", "here", 1)
                key = await request(services, "asked", None, None)
                await run_here(services, key)
                return await services.lookups.run(key)

            run = where.ask(serve)
            assert run is not None
            assert run.state is RunState.DELIVERED


def test_a_worker_whose_broker_user_has_the_documented_rights_takes_and_delivers_a_run(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "operations" / "redis.md").read_text("utf-8")
    rights = " ".join(page.split()).partition("Celery's own user needs these: `")[2].partition("`")[0]
    assert rights.endswith(DOCUMENTED)
    with EmbeddedRedis(tmp_path / "redis") as server, redis.Redis(unix_socket_path=str(server.socket)) as admin:
        admin.execute_command("ACL", "SETUSER", "carrier", "on", ">hush", *rights.replace("<project>", "acme").split())
        broker = server.broker_url.replace("redis+socket://", "redis+socket://carrier:hush@")
        with site(tmp_path, server.url, broker, {}) as where:
            where.start("worker")
            where.delivered(where.trigger())
