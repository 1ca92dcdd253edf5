"""What people do in Jira: each act changes the item and tells what Jira would tell."""

from datetime import datetime, timedelta

from webhooks.simulator import events_jira as events
from webhooks.simulator import places_jira as places
from webhooks.simulator import shapes_jira as shapes
from webhooks.simulator.company import JIRA_SITE, PROJECT, PROJECTS, TEAMS
from webhooks.simulator.deliveries import Json
from webhooks.simulator.world import Sprint, Ticket, World

_ID_FIRST = 10501


def _tell(
    world: World, at: datetime, event: str, subject: str, body: Json, late: timedelta | None = None
) -> None:
    world.tape.tell(at, "jira", JIRA_SITE, event, subject, body, late)


def set_up(world: World, at: datetime) -> None:
    """The site's projects and boards come into being."""
    for known in PROJECTS:
        _tell(
            world,
            at,
            "project_created",
            f"project {known.key}",
            events.project_event(at, known, "site-admin"),
        )
    for team in TEAMS:
        if team.project:
            _tell(world, at, "board_created", f"board {team.board}", events.board_event(at, team.name))


def create(world: World, ticket: Ticket, at: datetime, late: timedelta | None = None) -> None:
    """A ticket is written; `late` holds the delivery back."""
    ticket.updated, ticket.known = at, True
    body = events.issue_event("jira:issue_created", at, ticket.reporter, ticket, "issue_created")
    _tell(world, at, "jira:issue_created", f"issue {ticket.id}", body, late)


def held_before(world: World, ticket: Ticket, at: datetime) -> None:
    """A ticket of long ago: Jira holds it, and no delivery speaks of it."""
    ticket.updated, ticket.known = at, True
    body = events.issue_event("jira:issue_created", at, ticket.reporter, ticket, "issue_created")
    world.tape.note(at, "jira", "jira:issue_created", f"issue {ticket.id}", body)


def update(
    world: World, ticket: Ticket, at: datetime, actor: str, items: list[Json], kind: str = "issue_updated"
) -> None:
    """Tell a change that the caller has just made, with its changelog."""
    if ticket.updated is not None and at <= ticket.updated:
        at = ticket.updated + timedelta(seconds=1)
    ticket.updated = at
    changelog = {"id": str(world.tape.next("changelog", 50001)), "items": items}
    body = events.issue_event("jira:issue_updated", at, actor, ticket, kind, changelog)
    _tell(world, at, "jira:issue_updated", f"issue {ticket.id}", body)


def set_status(world: World, ticket: Ticket, at: datetime, actor: str, name: str) -> None:
    """A ticket moves on the board; the first to start it is its assignee."""
    before, old, ticket.status = ticket.status, places.status(ticket.status)["id"], name
    items = [events.item("status", (old, before), (places.status(name)["id"], name), "status")]
    if name == "In Progress" and ticket.assignee is None:
        ticket.assignee = actor
        who = places.user(actor)
        items.append(
            events.item("assignee", (None, None), (who["accountId"], who["displayName"]), "assignee")
        )
    if name == "Done":
        ticket.closed = at
        outcome = ("10001", "Won't Do") if ticket.dropped else ("10000", "Done")
        items.insert(0, events.item("resolution", (None, None), outcome, "resolution"))
    elif before == "Done":
        ticket.closed = None
        items.insert(0, events.item("resolution", ("10000", "Done"), (None, None), "resolution"))
    update(world, ticket, at, actor, items, "issue_generic")


def set_sprints(world: World, ticket: Ticket, at: datetime, actor: str, sprints: list[Sprint]) -> None:
    """A ticket is put into a sprint or taken out; closed sprints stay in its field for ever."""
    before = events.sprints_text(ticket.sprints)
    ticket.stay(at, sprints)
    items = [events.item("Sprint", before, events.sprints_text(sprints), places.SPRINT_FIELD)]
    update(world, ticket, at, actor, items)


def set_parent(world: World, ticket: Ticket, at: datetime, actor: str, parent: Ticket | None) -> None:
    """A ticket gets another epic; company-managed projects call it Epic Link."""
    old, ticket.parent = ticket.parent, parent
    before = (str(old.id), old.key) if old else (None, None)
    after = (str(parent.id), parent.key) if parent else (None, None)
    simplified = PROJECT[shapes.project_key(ticket)].simplified
    name, field_id = ("IssueParentAssociation", None) if simplified else ("Epic Link", places.EPIC_FIELD)
    update(world, ticket, at, actor, [events.item(name, before, after, field_id)])


def relabel(
    world: World,
    ticket: Ticket,
    at: datetime,
    actor: str,
    add: tuple[str, ...] = (),
    remove: tuple[str, ...] = (),
) -> None:
    """Labels are put on or taken off; a changelog gives both whole lists."""
    before = " ".join(ticket.labels)
    ticket.labels = sorted({*ticket.labels, *add} - set(remove))
    items = [events.item("labels", (None, before), (None, " ".join(ticket.labels)), "labels")]
    update(world, ticket, at, actor, items)


def set_kr_field(world: World, ticket: Ticket, at: datetime, actor: str, text: str | None) -> None:
    """The text field for key results is filled in."""
    before, ticket.kr_field = ticket.kr_field, text
    update(
        world, ticket, at, actor, [events.item("Key result", (None, before), (None, text), places.KR_FIELD)]
    )


def retitle(world: World, ticket: Ticket, at: datetime, actor: str, title: str) -> None:
    """A ticket gets another summary."""
    before, ticket.title = ticket.title, title
    update(world, ticket, at, actor, [events.item("summary", (None, before), (None, title), "summary")])


def move_project(world: World, ticket: Ticket, at: datetime, actor: str, key: str) -> None:
    """A ticket moves to another project: its id stays, its key changes, and what hangs below stays below."""
    old, ticket.key = ticket.key, key
    source, target = PROJECT[old.partition("-")[0]], PROJECT[key.partition("-")[0]]
    items = [
        events.item("project", (str(source.id), source.name), (str(target.id), target.name), "project"),
        events.item("Key", (None, old), (None, key)),
    ]
    update(world, ticket, at, actor, items, "issue_moved")


def delete(world: World, ticket: Ticket, at: datetime, actor: str) -> None:
    """A ticket is deleted for good."""
    ticket.updated = at
    ticket.known = False
    _tell(
        world,
        at,
        "jira:issue_deleted",
        f"issue {ticket.id}",
        events.issue_event("jira:issue_deleted", at, actor, ticket, ""),
    )


def link(world: World, at: datetime, actor: str, blocker: Ticket, blocked: Ticket) -> None:
    """One ticket blocks another; both tickets tell it too."""
    number = world.tape.next("link", 30001)
    body = events.issue_link_event("issuelink_created", at, number, blocker, blocked)
    _tell(world, at, "issuelink_created", f"link {number}", body)
    world.blocks.append((at, blocker, blocked))
    blocker.links.append((number, "outwardIssue", blocked))
    blocked.links.append((number, "inwardIssue", blocker))
    for ticket, other, text in ((blocker, blocked, "blocks"), (blocked, blocker, "is blocked by")):
        items = [events.item("Link", (None, None), (other.key, f"This issue {text} {other.key}"))]
        update(world, ticket, at, actor, items)


def unlink(world: World, at: datetime, actor: str, blocker: Ticket, blocked: Ticket) -> None:
    """The blocking ends."""
    number = next(number for number, _, other in blocker.links if other is blocked)
    _tell(
        world,
        at,
        "issuelink_deleted",
        f"link {number}",
        events.issue_link_event("issuelink_deleted", at, number, blocker, blocked),
    )
    for ticket, other, text in ((blocker, blocked, "blocks"), (blocked, blocker, "is blocked by")):
        ticket.links = [held for held in ticket.links if held[0] != number]
        update(
            world,
            ticket,
            at,
            actor,
            [events.item("Link", (other.key, f"This issue {text} {other.key}"), (None, None))],
        )


def comment(world: World, ticket: Ticket, at: datetime, author: str, text: str) -> None:
    """Somebody says something below a ticket."""
    number = world.tape.next("comment", 70001)
    told = shapes.comment(ticket, number, at, author, text)
    _tell(
        world,
        at,
        "comment_created",
        f"comment {number}",
        events.comment_event("comment_created", at, ticket, told),
    )


def make_sprint(world: World, sprint: Sprint, at: datetime) -> None:
    """A future sprint appears on the board."""
    sprint.known = True
    _tell(
        world, at, "sprint_created", f"sprint {sprint.id}", events.sprint_event("sprint_created", at, sprint)
    )


def start_sprint(world: World, sprint: Sprint) -> None:
    """A sprint starts: the change of dates first, as Jira tells it."""
    at, old = sprint.window.start, places.sprint(sprint)
    sprint.state = "active"
    for event, before in (("sprint_updated", old), ("sprint_started", None)):
        _tell(world, at, event, f"sprint {sprint.id}", events.sprint_event(event, at, sprint, before))


def close_sprint(world: World, sprint: Sprint, after: Sprint | None) -> None:
    """A sprint is completed; what is not done goes to the next one."""
    at = sprint.window.end
    sprint.state = "closed"
    _tell(world, at, "sprint_closed", f"sprint {sprint.id}", events.sprint_event("sprint_closed", at, sprint))
    for ticket in world.tickets:
        if ticket.known and ticket.in_jira and sprint in ticket.sprints[-1:] and ticket.status != "Done":
            at += timedelta(milliseconds=40)
            moved = [*ticket.sprints, after] if after else ticket.sprints
            world.plant("carried over", ticket)
            set_sprints(world, ticket, at, sprint.team.planner, moved)
