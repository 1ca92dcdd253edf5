"""link, unlink, exempt, undo: a person's word on an item, kept with who, when and why."""

import getpass
import uuid
from typing import Annotated, get_args

import typer

from linker.config import Config
from linker.model import Decision, DecisionKind, ItemId, Reason
from linker.store import Store, lookup
from webhooks.cli.frame import (
    DEFAULT,
    AsJson,
    ConfigPath,
    Debug,
    configuration,
    fail,
    opened,
    plainly,
    show,
    when_folded,
)
from webhooks.cli.tracing import ItemName, find
from webhooks.engine import held_catalogue
from webhooks.inbox import Inbox, wall_clock

Code = Annotated[str, typer.Argument(help="A key result: O1.KR2 or 2026Q4/O1.KR2.")]
Because = Annotated[str, typer.Option("--reason", help="Why; kept with the decision.")]


@plainly
def link(
    item: ItemName,
    kr: Code,
    reason: Because = "",
    config: ConfigPath = DEFAULT,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Say that an item serves a key result.

    Example: sightline link PAY-12 O1.KR2 --reason "agreed in planning"
    """
    _decide(configuration(config), "link", item, kr, None, reason, as_json)


@plainly
def unlink(
    item: ItemName,
    kr: Code,
    reason: Because = "",
    config: ConfigPath = DEFAULT,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Say that an item does not serve a key result, whatever its texts and parents say.

    Example: sightline unlink PAY-12 O1.KR2 --reason "only mentions it"
    """
    _decide(configuration(config), "unlink", item, kr, None, reason, as_json)


@plainly
def exempt(
    item: ItemName,
    code: Annotated[str, typer.Argument(help="ktlo, debt, incident, spike, upstream or docs.")],
    reason: Because = "",
    config: ConfigPath = DEFAULT,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Say that an item serves no key result on purpose.

    Example: sightline exempt PAY-12 ktlo --reason "certificate renewal"
    """
    known = get_args(Reason)
    if code not in known:
        fail(f"{code} is not a reason. Choose one of {', '.join(known)}.", 2)
    _decide(configuration(config), "exempt", item, None, code, reason, as_json)


@plainly
def undo(
    decision: Annotated[str, typer.Argument(help="The id that the decision was given.")],
    reason: Because = "",
    config: ConfigPath = DEFAULT,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Take a decision back; it stays in the history.

    Example: sightline undo 3f2c9d...
    """
    with opened(configuration(config)) as store:
        with store.read() as connection:
            known = lookup.decision(connection, decision)
        if known is None:
            fail(
                f"No decision {decision} is held. `sightline why ITEM --json` lists those on an item.",
                2,
            )
        own = _made(ItemId(*known.item), known.kind, reason).model_copy(
            update={"undoes": decision, "kr": known.kr}
        )
        _keep(store, own, f"{decision} is undone.", as_json)


def _decide(
    config: Config,
    kind: DecisionKind,
    item: str,
    code: str | None,
    reason: str | None,
    why: str,
    as_json: bool,
) -> None:
    with opened(config) as store:
        row = find(store, item)
        with store.read() as connection:
            own = lookup.item_of(connection, row)
        decision = _made(own, kind, why).model_copy(
            update={"kr": _bound(store, code) if code else None, "reason": reason}
        )
        what = decision.kr or decision.reason
        _keep(store, decision, f"{item}: {kind} {what}.", as_json)


def _bound(store: Store, code: str) -> str:
    catalogue = held_catalogue(store)
    cycle, slash, bare = code.rpartition("/")
    bound = catalogue.bind(bare.upper(), cycle if slash else None, wall_clock())
    if bound.kr is None and bound.candidates:
        fail(f"{code} could be {' or '.join(bound.candidates)}. Write the full id.", 2)
    if bound.kr is None:
        fail(f"{code} is not in the catalogue. `sightline okrs load` loads okrs.yaml.", 2)
    return bound.kr


def _made(item: ItemId, kind: DecisionKind, why: str) -> Decision:
    return Decision(
        id=uuid.uuid4().hex,
        item=item,
        kind=kind,
        why=why,
        actor=f"cli:{getpass.getuser()}",
        at=wall_clock(),
        permission="shell",
    )


def _keep(store: Store, decision: Decision, text: str, as_json: bool) -> None:
    Inbox(store).decide(decision)
    when = when_folded(store)
    back = "" if decision.undoes else f"\nTake it back with: sightline undo {decision.id}"
    show({"decision": decision.id, "note": when}, f"{text} {when}{back}", as_json)
