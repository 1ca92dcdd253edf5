"""Deliveries by where they came from: to fold those of a site again, and to count what nobody reads."""

import hashlib

from sqlalchemy import Connection, func, select, update

from linker.store.deliveries import DEAD, DONE, IGNORED, NEW
from linker.store.tables import bodies, deliveries


def fold_again(connection: Connection, source: str, site: str) -> int:
    """Fold what a site sent once more, but for what says nothing whoever reads it; returns how many."""
    own = (deliveries.c.source == source) & (deliveries.c.site == site)
    old = update(deliveries).where(own, deliveries.c.state.in_((DONE, DEAD)))
    return connection.execute(old.values(state=NEW, attempts=0, reason=None)).rowcount


def newest_catalogue(connection: Connection) -> str | None:
    """The digest of the version of the catalogue that was kept last."""
    own = (deliveries.c.source == "catalogue") & (deliveries.c.state != DEAD)
    newest = (
        select(bodies.c.body)
        .join(deliveries, deliveries.c.id == bodies.c.delivery)
        .where(own)
        .order_by(deliveries.c.received_at.desc(), deliveries.c.id.desc())
    )
    body = connection.execute(newest).scalar()
    return None if body is None else hashlib.sha256(body).hexdigest()


def ignored(connection: Connection, beginning: str, most: int = 50) -> dict[str, int]:
    """How many deliveries were ignored for each reason that begins so, the most frequent first."""
    number = func.count()
    query = (
        select(deliveries.c.reason, number)
        .where(deliveries.c.state == IGNORED, deliveries.c.reason.startswith(beginning, autoescape=True))
        .group_by(deliveries.c.reason)
        .order_by(number.desc(), deliveries.c.reason)
        .limit(most)
    )
    return dict(connection.execute(query).all())
