"""What an item serves, and what exempts it, from people's plan and decisions, not from any text."""

from webhooks.simulator.world import Pull, Ticket


def serves(item: Ticket | Pull) -> tuple[str, ...]:
    """Full ids of the key results that an item serves where the world stands: its own, else inherited."""
    if isinstance(item, Pull):
        inherited = {code for ticket in item.serves if ticket.known for code in serves(ticket)}
    else:
        inherited = set(serves(item.parent)) if item.parent is not None and item.parent.known else set()
    if isinstance(item, Pull) and item.exempt in ("NO-JIRA", "MINOR:", "ktlo") and not item.codes:
        return ()
    return tuple(sorted((set(item.codes) or inherited) - set(item.unlinked)))


def exempt(item: Ticket | Pull) -> str | None:
    """An exemption inherits as key results do; a key result beats it."""
    if serves(item) or item.exempt == "bot":
        return None
    if item.exempt is not None:
        return "ktlo" if item.exempt in ("NO-JIRA", "MINOR:") else item.exempt
    above = item.serves if isinstance(item, Pull) else [item.parent] if item.parent else []
    reasons = [reason for held in above if held.known and (reason := exempt(held)) is not None]
    return reasons[0] if reasons else None
