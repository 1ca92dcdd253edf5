"""A seeded quarter of an invented company as deliveries, and fakes of its trackers that refuse bad input."""

from webhooks.simulator.deliveries import Delivery, Told, sign
from webhooks.simulator.play import Quarter, quarter

__all__ = ["Delivery", "Quarter", "Told", "quarter", "sign"]
