"""okrs.yaml is loaded when it differs from the version that is held; a broken file changes nothing."""

import time

import structlog

from linker.config import Config, ConfigError, read_catalogue
from linker.store import Store, sources
from linker.store.chain import text_hash
from webhooks.inbox import Inbox

log = structlog.get_logger()
LOOK_SECONDS = 3.0


def load_if_changed(config: Config, store: Store, inbox: Inbox) -> bool:
    """Keep okrs.yaml as a new version when the newest one says something else; ConfigError when broken."""
    catalogue = read_catalogue(config)
    with store.read() as connection:
        held = sources.newest_catalogue(connection)  # kept, whether or not it is folded yet
    if held == text_hash(catalogue.dump()):
        return False
    inbox.load(catalogue)
    return True


class OkrsFile:
    """Looks at the file every few seconds, and reads it when it was written."""

    def __init__(self, config: Config, store: Store, inbox: Inbox) -> None:
        self._config = config
        self._store = store
        self._inbox = inbox
        self._seen: tuple[int, ...] | None = None
        self._due = 0.0

    def look(self) -> None:
        """Load the file when it changed since the last look; problems in it are logged, once."""
        if time.monotonic() < self._due:
            return
        self._due = time.monotonic() + LOOK_SECONDS
        stamp = self._stamp()
        if stamp == self._seen:
            return
        try:
            if load_if_changed(self._config, self._store, self._inbox):
                log.info("catalogue loaded", file=self._config.okrs)
        except ConfigError as error:
            problems = [str(problem) for problem in error.problems if problem.severity == "error"]
            log.warning(
                "catalogue not loaded; the version before holds", file=self._config.okrs, problems=problems
            )
        self._seen = stamp

    def _stamp(self) -> tuple[int, ...]:
        try:
            found = self._config.okrs_path.stat()
        except OSError:
            return ()
        return found.st_mtime_ns, found.st_size, found.st_ino
