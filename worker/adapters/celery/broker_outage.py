"""A worker outlives its broker: what kombu's Redis transport lacks for that.

A task that ends while Redis is away cannot be acknowledged. kombu then keeps its message among those in hand for ever:
with every place of the prefetch taken, the worker asks for nothing more, so that it does not even notice that its
connection is gone, and stays idle until it is started again.
"""

from kombu.transport.redis import Channel, QoS
from kombu.transport.virtual import QoS as LocalQoS


class ForgetfulQoS(QoS):
    """Gives up a message's place whatever Redis answers. The message itself comes again when the visibility timeout is
    over, and the ledger answers then that its run is done.
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
    """For every channel that this process opens to a Redis broker, behind Sentinel too. Safe to call twice."""
    Channel.QoS = ForgetfulQoS
