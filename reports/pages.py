"""Pages: what came in, what serves what, and why; they read by `standing` and never walk the graph."""

from flask import Blueprint, render_template

pages = Blueprint("pages", __name__)


@pages.get("/")
def home() -> str:
    """What needs a person, what the running sprints serve, and what came in."""
    return render_template("home.html")
