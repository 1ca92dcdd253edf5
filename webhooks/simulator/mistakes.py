"""The mistakes that people make in this quarter, each planted on purpose and noted by name."""

from random import Random

from webhooks.simulator.world import World


def plant(world: World, rng: Random) -> None:
    """Plant every mistake once its victim is chosen."""
