"""Another client of the same Redis: sends PING once a millisecond until told to stop, then prints quantiles."""

import select
import sys
import time

import redis

from benchmarks.ground import quantiles_ms, say

PAUSE = 0.001


def main(url: str) -> None:
    taken: list[float] = []
    with redis.Redis.from_url(url) as client:
        client.ping()
        say("ready")
        ended = False
        while not ended:  # once at least, however soon it is told to end
            began = time.perf_counter()
            client.ping()
            taken.append(time.perf_counter() - began)
            ended = bool(select.select([sys.stdin], [], [], PAUSE)[0])
    say(quantiles_ms(taken))


if __name__ == "__main__":
    main(sys.argv[1])
