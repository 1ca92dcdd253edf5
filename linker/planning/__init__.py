"""A sprint read from the store as a Plan: its term, its tickets with their stories, its key results.

look       by what a sprint is read: catalogue, policy, clock
terms      sprints, their places and when they ran
cards      rows of tickets -> Cards
goals      the catalogue -> Goals
read       all of it put together
"""

from linker.planning.look import Look
from linker.planning.read import Planned, planned
from linker.planning.terms import SprintKnown, sprints_known

__all__ = ["Look", "Planned", "SprintKnown", "planned", "sprints_known"]
