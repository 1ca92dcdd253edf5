"""What came in and what goes out: the inbox without bodies, the outbox with what became of each change."""

from flask import request

from linker.store import deliveries, flow, work
from linker.store.lists import MOST
from reports.decided import names_in
from reports.frame import framed, render
from reports.items import page_number

DELIVERY_STATES = {name: state for state, name in deliveries.STATES.items()}
CHANGE_STATES = {name: state for state, name in flow.STATES.items()}


def inbox() -> str:
    """Deliveries by state, newest first; dead ones with their reasons."""
    with framed() as frame:
        state = request.args.get("state", "")
        number = page_number()
        wanted = DELIVERY_STATES.get(state)
        total = frame.inbox.get(state, 0) if wanted is not None else sum(frame.inbox.values())
        rows = flow.page_of_deliveries(frame.connection, wanted, (number - 1) * MOST, MOST)
        return render(
            "inbox.html",
            frame,
            state=state if wanted is not None else "",
            states=deliveries.STATES,
            rows=rows,
            total=total,
            page=number,
            pages=max(-(-total // MOST), 1),
        )


def changes() -> str:
    """What is planned, sent, refused, or only shown because a site has no credentials."""
    with framed() as frame:
        numbers = flow.change_counts(frame.connection)
        state = request.args.get("state", "")
        number = page_number()
        wanted = CHANGE_STATES.get(state)
        total = numbers.get(state, 0) if wanted is not None else sum(numbers.values())
        rows = flow.page_of_changes(frame.connection, wanted, (number - 1) * MOST, MOST)
        return render(
            "changes.html",
            frame,
            state=state if wanted is not None else "",
            states=flow.STATES,
            numbers=numbers,
            rows=rows,
            named=names_in(frame.connection, rows),
            total=total,
            page=number,
            pages=max(-(-total // MOST), 1),
            made=work.sent(frame.connection),
            dry=[site.name for site in frame.config.sites if site.dry],
        )
