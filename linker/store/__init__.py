"""What is kept: deliveries and all that follows from them, in SQLite or PostgreSQL."""

from sqlalchemy import Connection

from linker.store.database import Store, StoreDown, StoreError, open_store

__all__ = ["Connection", "Store", "StoreDown", "StoreError", "open_store"]
