"""A stored message as a person looks at it."""

from tests.support.fakes import KEY, Opened, reader_digest, uses
from worker.domain.delivery import Delivery, DeliveryState
