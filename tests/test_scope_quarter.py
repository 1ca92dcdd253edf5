"""Every mistake of scope in the simulated quarter is found, by its right name, and nothing else is."""

from collections.abc import Callable, Iterator

import pytest
from quartered import folded, now_of

from linker import scope
from linker.config import Config
from linker.planning import Look, planned, sprints_known
from linker.store import Store, open_store
from webhooks.engine import held_catalogue
from webhooks.simulator import Quarter, quarter
from webhooks.simulator.company import TEAMS

Found = set[tuple[str, str]]


class Company:
    """The quarter of one seed, folded, with what is found in each sprint."""

    def __init__(self, store: Store, config: Config, whole: Quarter) -> None:
        self.whole = whole
        self.found: dict[tuple[str, int], Found] = {}
        look = Look(config, held_catalogue(store), now_of(whole))
        with store.read() as connection:
            for row, known in sprints_known(connection, look).items():
                told = planned(connection, look, row)
                assert told is not None
                findings = scope.find(told.plan, scope.numbers(told.plan))
                self.found[_place(known.sprint.title)] = {(one.id, one.subject) for one in findings}


@pytest.fixture(scope="module", params=[7, 23])
def company(
    request: pytest.FixtureRequest,
    empty_sqlite: Callable[[int], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Company]:
    whole = quarter(request.param)
    store = open_store(empty_sqlite(request.param))
    yield Company(store, folded(store, tmp_path_factory.mktemp("quarter"), whole), whole)
    store.close()


def test_each_planted_mistake_of_scope_is_found_by_its_name(company: Company) -> None:
    for place, wanted in company.whole.truth.scope.items():
        assert set(wanted) - company.found.get(place, set()) == set(), place


def test_what_is_found_is_there(company: Company) -> None:
    right = sum(len(found & set(company.whole.truth.scope.get(p, ()))) for p, found in company.found.items())
    every = sum(map(len, company.found.values()))
    assert every > 100
    assert right / every >= 0.95


def test_nothing_is_found_in_the_clean_sprints(company: Company) -> None:
    assert company.whole.truth.clean
    for place in company.whole.truth.clean:
        assert company.found[place] == set(), place


def _place(title: str) -> tuple[str, int]:
    """The team and number of a sprint, by how the company names them: PAY Sprint 5."""
    name, _, number = title.rpartition(" Sprint ")
    return next(team.name for team in TEAMS if name in (team.project, team.title)), int(number)
