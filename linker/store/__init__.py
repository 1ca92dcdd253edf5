"""What is kept: deliveries and all that follows from them, in SQLite or PostgreSQL."""

from sqlalchemy import Connection

from linker.store.database import Store, open_store
from linker.store.outage import StoreDown, StoreError

__all__ = ["Connection", "Store", "StoreDown", "StoreError", "open_store"]
