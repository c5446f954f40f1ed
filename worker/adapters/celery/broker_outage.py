"""Lets a worker survive an outage of its broker, which kombu's Redis transport does not.

A task that ends while Redis is away cannot be acknowledged, and kombu then counts its message as unacknowledged for
ever. Once such messages fill the prefetch, the worker asks for no more. It does not notice that its connection is gone,
and stays idle until it is restarted.
"""

from kombu.transport.redis import Channel, QoS
from kombu.transport.virtual import QoS as LocalQoS


class ForgetfulQoS(QoS):
    """Frees a message's place in the prefetch whatever Redis answers. Redis delivers the message again after the
    visibility timeout, and the ledger then says that its run is done.
    """

    def ack(self, delivery_tag: str) -> None:
        try:
            super().ack(delivery_tag)  # type: ignore[no-untyped-call]  # kombu annotates nothing here
        except Exception:
            LocalQoS.ack(self, delivery_tag)  # type: ignore[no-untyped-call]  # the same
            raise

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        try:
            super().reject(delivery_tag, requeue=requeue)  # type: ignore[no-untyped-call]  # the same
        except Exception:
            LocalQoS.ack(self, delivery_tag)  # type: ignore[no-untyped-call]  # the same
            raise


def outlive_redis() -> None:
    """Applies to every channel that this process opens to a Redis broker, also behind Sentinel. Safe to call twice."""
    Channel.QoS = ForgetfulQoS
