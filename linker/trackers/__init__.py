"""Jira and GitHub: their JSON read into nouns (pure), and the calls that read and write.

payload          one value out of a tracker's JSON, with its type checked
github           GitHub's issues, pull requests, milestones and repositories as Facts
github_values    people, labels, states and branches, as GitHub's objects hold them
jira             Jira's issues, sprints, projects and boards as Facts
jira_values      what Jira's fields hold: points, labels, links, people
jira_sprints     a sprint as object and as the old string
jira_changelog   who changed which field when
jira_past        what held when, by the changelog
jira_link_past   the same for issue links, which a changelog tells one by one
jira_text        rich text (ADF) as plain text
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from linker.model import Category, Facts, TrackerName

NO_CATEGORIES: Mapping[str, Category] = {}


class FieldMap(NamedTuple):
    """Which Jira fields hold points, sprints, the epic link, the key result and the epic's own name.

    Each is a tuple of field ids (`customfield_10020`); of several the first that holds a value counts.
    """

    points: tuple[str, ...] = ()
    sprint: tuple[str, ...] = ()
    epic: tuple[str, ...] = ()
    kr: tuple[str, ...] = ()
    epic_name: tuple[str, ...] = ()


class SiteView(NamedTuple):
    """What reading a body needs to know of its site; pure data.

    `bots` are the logins and account ids that are us. `categories` gives a Jira status, by id and by name,
    its meaning. `projects` and `repositories` are the configured ones (empty: all). Reading leaves nothing
    out because of them: a repository may have been renamed since, and only the store knows its aliases.
    """

    name: str
    tracker: TrackerName
    url: str = ""
    bots: frozenset[str] = frozenset()
    fields: FieldMap = FieldMap()
    categories: Mapping[str, Category] = NO_CATEGORIES
    projects: frozenset[str] = frozenset()
    repositories: frozenset[str] = frozenset()


def together(parts: Iterable[Facts]) -> Facts:
    """Several Facts as one, in their order; a reason to ignore counts only when nothing is said."""
    parts = [part for part in parts if part.model_fields_set]
    if len(parts) == 1:
        return parts[0]
    observations = tuple(observation for part in parts for observation in part.observations)
    acts = tuple(act for part in parts for act in part.acts)
    relations = tuple(relation for part in parts for relation in part.relations)
    commands = tuple(command for part in parts for command in part.commands)
    asked = tuple(asked for part in parts for asked in part.asked)
    wanted = tuple(ref for part in parts for ref in part.wanted)
    reason = None
    if not (observations or acts or relations or commands or asked or wanted):
        reason = next((part.ignored for part in parts if part.ignored), "the body says nothing of an item")
    return Facts(
        observations=observations,
        acts=acts,
        relations=relations,
        commands=commands,
        asked=asked,
        wanted=wanted,
        ignored=reason,
    )
