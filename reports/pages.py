"""Pages: every address that a person opens; they read by `standing` and never walk the graph."""

from flask import Blueprint

from reports import wording
from reports.home import home
from reports.item import item
from reports.items import items
from reports.kr import kr
from reports.optouts import optouts
from reports.person import may, person
from reports.planning import decide, plan, plan_as, sprints
from reports.traffic import changes, inbox

pages = Blueprint("pages", __name__)
pages.add_url_rule("/", view_func=home)
pages.add_url_rule("/items", view_func=items)
pages.add_url_rule("/items/<path:name>", view_func=item)
pages.add_url_rule("/krs/<path:kr>", view_func=kr)
pages.add_url_rule("/optouts", view_func=optouts)
pages.add_url_rule("/sprints", view_func=sprints)
pages.add_url_rule("/sprints/<int:sprint>/plan", view_func=plan)
pages.add_url_rule("/sprints/<int:sprint>/plan", view_func=decide, methods=["POST"])
pages.add_url_rule("/sprints/<int:sprint>/plan.<form>", view_func=plan_as)
pages.add_url_rule("/inbox", view_func=inbox)
pages.add_url_rule("/changes", view_func=changes)


@pages.app_context_processor
def _words() -> dict[str, object]:
    """Templates say things in the words of one module, and know who reads them."""
    return {"say": wording, "me": person(), "may": may}
