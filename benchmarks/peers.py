"""The schedulers commonly used with Celery, with entries that are all due."""

import json
import time
from datetime import timedelta
from typing import Any

import redis
from celery import Celery
from celery.beat import ScheduleEntry, Scheduler
from celery.schedules import schedule
from redbeat import RedBeatSchedulerEntry
from redbeat.schedulers import RedBeatJSONEncoder, RedBeatScheduler

from benchmarks.ground import Ground

TASK = "bench.due"
EVERY = schedule(timedelta(hours=1))


class RedBeat:
    """Interval entries, its best case, without a lock. Its own scheduler's `tick` finds, sends and reschedules."""

    def __init__(self, ground: Ground, count: int) -> None:
        self._count = count
        self._queue = f"redbeat-{count}"
        app = _app(ground, self._queue)
        app.conf.update(
            redbeat_redis_url=ground.peer,
            redbeat_key_prefix=f"redbeat-{count}:",
            redbeat_lock_key=None,
            redbeat_redis_options={},
        )
        self._entries = [_redbeat_entry(app, number) for number in range(count)]
        self._scheduler = RedBeatScheduler(app=app)
        self._plan: str = app.redbeat_conf.schedule_key
        self._client = redis.Redis.from_url(ground.peer)
        self._queues = redis.Redis.from_url(ground.queues)
        self._define()

    def rate(self) -> float:
        """Entries per second, once all of them are due again."""
        self._arm()
        began = time.perf_counter()
        self._scheduler.tick()
        seconds = time.perf_counter() - began
        sent = self._queues.llen(self._queue)
        assert sent == self._count, f"RedBeat sent {sent} of {self._count}"
        self._queues.delete(self._queue)
        return self._count / seconds

    def _define(self) -> None:
        """Writes what entry.save() writes, in one pipeline."""
        with self._client.pipeline(transaction=False) as pipe:
            for entry in self._entries:
                definition = {
                    "name": entry.name,
                    "task": entry.task,
                    "args": entry.args,
                    "kwargs": entry.kwargs,
                    "options": entry.options,
                    "schedule": entry.schedule,
                    "enabled": entry.enabled,
                }
                pipe.hset(entry.key, "definition", json.dumps(definition, cls=RedBeatJSONEncoder))
            pipe.execute()

    def _arm(self) -> None:
        now = time.time()
        with self._client.pipeline(transaction=False) as pipe:
            for entry in self._entries:
                pipe.hset(entry.key, "meta", '{"last_run_at": null}')
                pipe.zadd(self._plan, {entry.key: now - 1})
            pipe.execute()


class Beat:
    """celery beat with entries in memory, stopped after `bound` seconds, because its rate is constant."""

    def __init__(self, ground: Ground, count: int, bound: float) -> None:
        self._count = count
        self._bound = bound
        self._queue = f"beat-{count}"
        self._app = _app(ground, self._queue)
        self._queues = redis.Redis.from_url(ground.queues)

    def rate(self) -> float:
        scheduler = Scheduler(app=self._app)
        overdue = self._app.now() - timedelta(hours=2)
        scheduler.data = {
            f"e{n}": ScheduleEntry(f"e{n}", TASK, overdue, schedule=EVERY, args=[n], app=self._app)
            for n in range(self._count)
        }
        began = time.perf_counter()
        while scheduler.tick() == 0 and time.perf_counter() - began < self._bound:
            pass
        seconds = time.perf_counter() - began
        sent: int = self._queues.llen(self._queue)
        assert sent > 0, "beat sent nothing"
        self._queues.delete(self._queue)
        return sent / seconds


def _app(ground: Ground, queue: str) -> Celery:
    app = Celery(queue, broker=ground.broker, set_as_current=False)
    app.conf.update(task_default_queue=queue, task_ignore_result=True, task_serializer="json", beat_schedule={})
    return app


def _redbeat_entry(app: Celery, number: int) -> Any:
    return RedBeatSchedulerEntry(f"e{number}", TASK, EVERY, args=[number], app=app)
