"""Every mistake of scope in the simulated quarter is found, by its right name, and nothing else is."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from linker import scope
from linker.config import Config, load_config, read_catalogue
from linker.planning import Look, planned, sprints_known
from linker.store import Store, deliveries, meta, open_store
from linker.store.deliveries import Parcel
from linker.trackers import FieldMap
from webhooks.engine import Engine, drain, held_catalogue
from webhooks.inbox import Inbox
from webhooks.simulator import Quarter, quarter
from webhooks.simulator.company import TEAMS
from webhooks.simulator.places_jira import EPIC_FIELD, KR_FIELD, POINTS_FIELD, SPRINT_FIELD
from webhooks.simulator.readings import fact

NAMES = ("GITHUB_WEBHOOK_SECRET", "JIRA_WEBHOOK_SECRET", "GITHUB_TOKEN", "JIRA_USER", "JIRA_TOKEN")
Found = set[tuple[str, str]]


class Company:
    """The quarter of one seed, folded, with what is found in each sprint."""

    def __init__(self, store: Store, config: Config, whole: Quarter) -> None:
        self.whole = whole
        self.found: dict[tuple[str, int], Found] = {}
        look = Look(config, held_catalogue(store), _millis(whole.now))
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
    folder = tmp_path_factory.mktemp("quarter")
    text = whole.app_yaml("http://127.0.0.1:1", "http://127.0.0.1:2", url="http://127.0.0.1:3")
    (folder / "app.yaml").write_text(text, encoding="utf-8")
    (folder / "okrs.yaml").write_text(whole.okrs_yaml, encoding="utf-8")
    config = load_config(folder / "app.yaml", dict.fromkeys(NAMES, "x" * 32), service=True)
    store = open_store(empty_sqlite(request.param))
    _keep(store, config, whole)
    drain(Engine(config, store, lambda: _millis(whole.now)))
    yield Company(store, config, whole)
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


def _keep(store: Store, config: Config, whole: Quarter) -> None:
    parcels = []
    for day, text in whole.catalogues:
        config.okrs_path.write_text(text, encoding="utf-8")
        at = _millis(datetime(day.year, day.month, day.day, tzinfo=UTC))
        body = read_catalogue(config).dump().encode()
        parcels.append(Parcel("catalogue", "", f"catalogue-{day}", "load", at, {}, body))
    for one in whole.deliveries:
        headers = {name.lower(): value for name, value in one.headers.items()}
        parcels.append(Parcel(one.source, one.site, one.id, one.event, _millis(one.at), headers, one.body))
    fields = FieldMap((POINTS_FIELD,), (SPRINT_FIELD,), (EPIC_FIELD,), (KR_FIELD,))
    with store.write() as connection:
        deliveries.keep(connection, parcels)
        meta.put(connection, "jira:northwind", json.dumps({"fields": fields, "categories": {}}))
    for told in whole.readings:
        Inbox(store, lambda: _millis(whole.now)).check_in(fact(told))


def _place(title: str) -> tuple[str, int]:
    """The team and number of a sprint, by how the company names them: PAY Sprint 5."""
    name, _, number = title.rpartition(" Sprint ")
    return next(team.name for team in TEAMS if name in (team.project, team.title)), int(number)


def _millis(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
