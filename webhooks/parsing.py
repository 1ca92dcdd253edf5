"""PARSERS: how each source of deliveries is read; every fact enters through one of them."""

import json
from collections.abc import Callable, Mapping

from pydantic import ValidationError

from linker import okrs
from linker.fold import Loaded, Parsed
from linker.model import Decision, Facts, Reading
from linker.store.deliveries import Delivery
from linker.trackers import SiteView
from webhooks import github, jira

UNKNOWN = "unknown event"  # how the reason begins with which github and jira ignore such a delivery
Views = Mapping[tuple[str, str], SiteView]


def _github(delivery: Delivery, views: Views) -> Parsed:
    return github.parse(delivery.headers, delivery.body, _view(views, delivery), delivery.received_at)


def _jira(delivery: Delivery, views: Views) -> Parsed:
    return jira.parse(delivery.headers, delivery.body, _view(views, delivery), delivery.received_at)


def _read(delivery: Delivery, views: Views) -> Parsed:
    return Facts.model_validate_json(delivery.body)


def _person(delivery: Delivery, views: Views) -> Parsed:
    return Facts(decisions=(Decision.model_validate_json(delivery.body),))


def _reading(delivery: Delivery, views: Views) -> Parsed:
    return Facts(readings=(Reading.model_validate_json(delivery.body),))


def _catalogue(delivery: Delivery, views: Views) -> Parsed:
    return Loaded(delivery.received_at, okrs.load(delivery.body.decode()))


PARSERS: dict[str, Callable[[Delivery, Views], Parsed]] = {
    "github": _github,
    "jira": _jira,
    "read": _read,
    "person": _person,
    "reading": _reading,
    "catalogue": _catalogue,
}


def parse(delivery: Delivery, views: Views) -> Parsed:
    """What a delivery says; ValueError with the reason when it cannot be read."""
    parser = PARSERS.get(delivery.source)
    if parser is None:
        raise ValueError(f"unknown source {delivery.source!r}; known are {', '.join(PARSERS)}")
    try:
        return parser(delivery, views)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise ValueError(f"{place}: {first['msg']}") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg}") from error


def _view(views: Views, delivery: Delivery) -> SiteView:
    found = views.get((delivery.source, delivery.site))
    if found is None:
        raise ValueError(
            f"no {delivery.source} site {delivery.site!r} in app.yaml; add it and replay this delivery"
        )
    return found
