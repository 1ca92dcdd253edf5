"""`sightline`: the command line.

frame        what all commands share: the configuration, exit codes, JSON or text
service      serve, worker, demo
files        validate, okrs load
reading      tags
tracing      why, graph hash, graph export
deciding     link, unlink, exempt, undo
inboxes      deliveries list, show, replay
syncing      sync
verdict      verdict
"""

from webhooks.cli.main import main

__all__ = ["main"]
