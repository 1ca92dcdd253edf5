"""By what a sprint is read: the catalogue, the configuration, and the moment."""

from datetime import UTC, date, datetime
from fractions import Fraction
from typing import NamedTuple
from zoneinfo import ZoneInfo

from linker.config import Config
from linker.config.app import Team
from linker.model import Millis
from linker.okrs import Catalogue
from linker.scope import UNPLANNED, Limit, Rules


class Look(NamedTuple):
    """One look at the store; `now` is the moment that counts for the reader."""

    config: Config
    catalogue: Catalogue
    now: Millis

    @property
    def grace(self) -> Millis:
        """How long after its start members of a sprint count as planned."""
        return self.config.policy.start_grace_minutes * 60_000

    @property
    def rules(self) -> Rules:
        """The policy by which a sprint is judged."""
        planning = self.config.policy.planning
        budgets: dict[str, Limit] = {
            reason: Limit(exact(one.budget), exact(one.floor))
            for reason, one in self.config.policy.exemptions.items()
        }
        budgets[UNPLANNED] = Limit(exact(planning.unplanned))
        return Rules(
            budgets, planning.most_key_results, exact(planning.least_share) or Fraction(0), planning.findings
        )

    def active(self, kr: str, on: date) -> bool:
        """Whether a key result is active on a day."""
        return self.catalogue.active(kr, on, self.config.policy.grace_days)

    def teams(self, board: str | None, containers: frozenset[str]) -> tuple[Team, ...]:
        """The teams of a board, else of the projects and repositories that tickets come from."""
        number = board.rpartition(":")[2] if board else ""
        own = [team for team in self.config.teams if number in map(str, team.boards)]
        if own:
            return tuple(own)
        return tuple(team for team in self.config.teams if containers & {*team.projects, *team.repositories})

    def zone_of(self, teams: tuple[Team, ...], fallback: str) -> ZoneInfo:
        """Where the days of a sprint begin."""
        named = [team.timezone for team in teams if team.timezone]
        return ZoneInfo(named[0] if named else fallback)


def exact(share: float | None) -> Fraction | None:
    """A share as it was written, 0.1 as 1/10."""
    return None if share is None else Fraction(str(share))


def day_of(at: Millis) -> date:
    """The day of a moment by which key results are active or not."""
    return datetime.fromtimestamp(at / 1000, UTC).date()
