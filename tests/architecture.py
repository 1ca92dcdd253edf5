"""The judge of the house: reads the source below a root and returns each breach of its rules."""

import ast
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple

import networkx as nx

PACKAGES = ("linker", "reports", "webhooks")

#: From the bottom up; the longest matching name decides. What is not named in linker counts as pure core,
#: with rules, verdict, scope, suggest, changes, graph and okrs; a module that reads the store is named here.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("linker.model",),
    ("linker.tags",),
    ("linker",),
    ("linker.trackers", "linker.store", "linker.config"),
    (
        "linker.fold",
        "linker.settle",
        "linker.batch",  # the rooms of the fold
        "linker.ending",
        "linker.linking",
        "linker.past",
        "linker.staying",
        "linker.resolve",
        "linker.pulls",  # the rooms of settle
        "linker.looking",
        "linker.moving",
        "linker.advising",
        "linker.planning",
        "linker.why",  # asked by pages and the command line
    ),
    ("reports",),
    ("webhooks",),
)
PURE = 2  # the highest layer that sees no clock, file, socket or environment

#: What these may import of ours; narrower than their layer allows.
ONLY = {
    "linker.trackers": ("linker.model", "linker.tags", "linker.trackers"),
    "linker.store": ("linker.model", "linker.store"),
}

#: One door per outside package: the modules that may import it.
DOORS = {
    "networkx": ("linker.graph*",),
    "sqlalchemy": ("linker.store*",),
    "alembic": ("linker.store*",),
    "sqlite3": ("linker.store*",),
    "psycopg": ("linker.store*",),
    "yaml": ("linker.config*",),
    "pydantic_settings": ("linker.config*",),
    "os.environ": ("linker.config*",),
    "os.getenv": ("linker.config*",),
    "jira": ("linker.trackers.jira*",),
    "github": ("linker.trackers.github*",),
    "flask": ("webhooks*", "reports*"),
    "flask_wtf": ("webhooks*", "reports*"),
    "authlib": ("webhooks.oidc",),
    "joserfc": ("webhooks.oidc",),
    "granian": ("webhooks.serve",),
    "typer": ("webhooks.cli*",),
    "rich": ("webhooks.cli*",),
}

IMPURE = {"os", "socket", "time", "subprocess", "random", "secrets", "pathlib", "tempfile", "threading"}
FILES = {"open", "input", "read_text", "read_bytes", "write_text", "write_bytes"}
CLOCKS_AND_FILES = FILES | {"now", "today", "utcnow"}
CLIENTS = {"create_engine", "open_store", "connect", "create_app", "Flask", "Github", "JIRA", "Session"}
SETTINGS = {"load_config", "get_settings", "safe_load", "getenv", "os.environ", "time.time", "time.monotonic"}
AT_IMPORT = CLOCKS_AND_FILES | CLIENTS | SETTINGS
DRAWERS = {"utils", "util", "helpers", "helper", "manager", "common", "misc"}
SIZES = {"module": 300, "function": 60}  # the aim is 250 and 40
HISTORY = "linker.store.migrations*"  # a migration is as long as it has to be, and never tidied afterwards


class Module(NamedTuple):
    """One source file."""

    name: str
    text: str
    tree: ast.Module


def breaches(root: Path) -> list[str]:
    """Every breach below a root, as `module:line what is wrong`."""
    modules = [_read(root, path) for package in PACKAGES for path in sorted((root / package).rglob("*.py"))]
    ours = {module.name for module in modules}
    found = [f"{m.name}:{line} {what}" for m in modules for rule in MODULE_RULES for line, what in rule(m)]
    found += [f"{m.name}:{line} {what}" for m in modules for line, what in imports_point_down(m, ours)]
    return list(dict.fromkeys([*found, *no_cycles(modules, ours)]))  # one import of six names is one breach


# --- what one module may import


def imports_point_down(module: Module, ours: set[str]) -> Iterator[tuple[int, str]]:
    """Lower layers never import higher ones; trackers and store see even less."""
    for line, target in _imported(module, ours):
        if target.split(".")[0] not in PACKAGES:
            continue
        narrow = next((names for name, names in ONLY.items() if _below(module.name, name)), None)
        if _layer(target) > _layer(module.name):
            yield line, f"imports {target}, which lies above it"
        elif narrow and not any(_below(target, name) for name in narrow):
            yield line, f"imports {target}; it may import {', '.join(narrow)} only"


def no_cycles(modules: list[Module], ours: set[str]) -> Iterator[str]:
    """No module needs itself, however long the way round."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_edges_from(
        (m.name, target) for m in modules for _, target in _imported(m, ours) if target in ours
    )
    for knot in nx.strongly_connected_components(graph):
        if len(knot) > 1:
            yield f"cycle: {' <-> '.join(sorted(knot))}"


def one_door(module: Module) -> Iterator[tuple[int, str]]:
    """Each outside package has one door."""
    for line, target in [*_imported(module, set()), *_environment(module)]:
        for package, doors in DOORS.items():
            if _below(target, package) and not any(fnmatch(module.name, door) for door in doors):
                yield line, f"uses {package}, whose door is {' or '.join(doors)}"


def absolute_imports(module: Module) -> Iterator[tuple[int, str]]:
    """Imports are written in full, and never looked up by name at run time."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            yield node.lineno, "relative import"
    for call, name in _calls(module):
        if _last(name) in {"import_module", "__import__"}:
            yield call.lineno, "imports by name"


# --- what one module may do


def pure_core(module: Module) -> Iterator[tuple[int, str]]:
    """Below linker.config nothing sees a clock, a file, a socket or the environment."""
    if _layer(module.name) > PURE:
        return
    for line, target in _imported(module, set()):
        if target.split(".")[0] in IMPURE:
            yield line, f"pure, but imports {target}"
    for call, name in _calls(module):
        if _last(name) in CLOCKS_AND_FILES:
            yield call.lineno, f"pure, but calls {name}()"


def nothing_at_import(module: Module) -> Iterator[tuple[int, str]]:
    """No settings, clients, clocks or files at module scope."""
    for node in _at_import(module.tree):
        name = _dotted(node.func if isinstance(node, ast.Call) else node)
        used = {name, _last(name)} if isinstance(node, ast.Call) else {name} & {"os.environ"}
        if used & AT_IMPORT:
            yield getattr(node, "lineno", 1), f"uses {name} at import"


def no_built_sql(module: Module) -> Iterator[tuple[int, str]]:
    """SQL is written whole or built by SQLAlchemy, never put together from strings."""
    built = set()
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign) and _put_together(node.value):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            built |= {_dotted(target) for target in targets}
    for call, name in _calls(module):
        spoken = fnmatch(module.name, "linker.store*") and _last(name) in {
            "text",
            "exec_driver_sql",
            "execute",
        }
        if spoken and any(_put_together(part) or _dotted(part) in built - {""} for part in call.args[:1]):
            yield call.lineno, f"SQL put together from strings in {name}()"


def constant_time(module: Module) -> Iterator[tuple[int, str]]:
    """A signature is compared by hmac.compare_digest and by nothing else."""
    if module.name != "webhooks.signature":
        return
    if not any(_last(name) == "compare_digest" for _, name in _calls(module)):
        yield 1, "never calls hmac.compare_digest"
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq | ast.NotEq | ast.In | ast.NotIn):
            sides = (node.left, *node.comparators)
            if not any(isinstance(side, ast.Constant) or _dotted(side).isupper() for side in sides):
                yield node.lineno, "compares two values without hmac.compare_digest"


def small_rooms(module: Module) -> Iterator[tuple[int, str]]:
    """Modules and functions stay small and say what they are for; no drawers."""
    if not ast.get_docstring(module.tree):
        yield 1, "has no docstring"
    if DRAWERS & set(module.name.split(".")):
        yield 1, "is a drawer; name it for what it decides"
    rooms = [("module", 1, len(module.text.splitlines()), "")]
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            rooms.append(("function", node.lineno, lines, f"{node.name} "))
    for room, line, lines, name in rooms:
        if lines > SIZES[room] and not fnmatch(module.name, HISTORY):
            yield line, f"{name}has {lines} lines; at most {SIZES[room]}"


MODULE_RULES = (
    one_door, absolute_imports, pure_core, nothing_at_import, no_built_sql, constant_time, small_rooms,
)  # fmt: skip


# --- reading source


def _read(root: Path, path: Path) -> Module:
    name = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
    text = path.read_text(encoding="utf-8")
    return Module(name, text, ast.parse(text, str(path)))


def _calls(module: Module) -> Iterator[tuple[ast.Call, str]]:
    return ((node, _dotted(node.func)) for node in ast.walk(module.tree) if isinstance(node, ast.Call))


def _imported(module: Module, ours: set[str]) -> Iterator[tuple[int, str]]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                inside = node.module in PACKAGES  # `from linker import tags` names a module, there or not yet
                yield node.lineno, whole if whole in ours or inside or whole in DOORS else node.module


def _environment(module: Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and _dotted(node) in DOORS:
            yield node.lineno, _dotted(node)


def _layer(name: str) -> int:
    depths = [
        (len(prefix), height)
        for height, layer in enumerate(LAYERS)
        for prefix in layer
        if _below(name, prefix)
    ]
    return max(depths)[1]


def _below(name: str, prefix: str) -> bool:
    return name == prefix or name.startswith(f"{prefix}.")


def _dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _last(name: str) -> str:
    return name.split(".")[-1]


def _at_import(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for part in (*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)):
                yield from (part, *_at_import(part))
        elif not isinstance(node, ast.Lambda) and not (
            isinstance(node, ast.If) and "__main__" in ast.dump(node.test)
        ):
            yield from (node, *_at_import(node))


def _put_together(node: ast.expr | None) -> bool:
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod):
        return any(_is_text(side) or _put_together(side) for side in (node.left, node.right))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr in {"format", "join"} and _is_text(node.func.value)
    return False


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))
