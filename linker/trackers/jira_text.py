"""Jira's rich text (ADF) becomes plain text in which codes and keys are found where a reader sees them.

Paragraphs are parted by an empty line. Code keeps its fences and backticks and quotes their `>`, since what
stands in them is read differently. Links and cards keep their address, a browse address being a key.
"""

from linker.trackers.payload import Json, Malformed, as_text, maybe_object, maybe_text, objects

DEEPEST = 100
INLINE = {"mention": "text", "emoji": "text", "status": "text", "date": "timestamp"}
CARDS = frozenset({"inlineCard", "blockCard", "embedCard"})
TIGHT = frozenset({"bulletList", "orderedList", "taskList", "decisionList"})


def plain_text(document: Json, where: str) -> str:
    """The text of an ADF document; parts of a kind that is new to us give the text within them."""
    return _blocks(document, where, 0).strip("\n")


def _blocks(node: Json, where: str, depth: int) -> str:
    """The children of a node that holds blocks, or inline text when it holds that."""
    if depth > DEEPEST:
        raise Malformed(f"{where}: more than {DEEPEST} levels deep")
    pieces: list[str] = []
    inline = ""
    for child, path in objects(node, "content", where):
        found = _inline(child, path)
        if found is not None:
            inline += found
            continue
        if inline:
            pieces.append(inline)
            inline = ""
        pieces.append(_block(child, path, depth + 1))
    if inline:
        pieces.append(inline)
    gap = "\n" if node.get("type") in TIGHT else "\n\n"
    return gap.join(piece for piece in pieces if piece)


def _block(node: Json, where: str, depth: int) -> str:
    text = _blocks(node, where, depth)
    match node.get("type"):
        case "codeBlock":
            return f"```\n{text}\n```"
        case "blockquote":
            return "\n".join(f"> {line}" for line in text.split("\n"))
        case "listItem" | "taskItem" | "decisionItem":
            return "- " + text.replace("\n", "\n  ")
        case "rule":
            return "----"
    return text


def _inline(node: Json, where: str) -> str | None:
    kind = node.get("type")
    if kind == "text":
        return _marked(node, where)
    if kind == "hardBreak":
        return "\n"
    attributes = maybe_object(node, "attrs", where) or {}
    if kind in CARDS:
        return maybe_text(attributes, "url", f"{where}.attrs") or ""
    if isinstance(kind, str) and kind in INLINE:
        return maybe_text(attributes, INLINE[kind], f"{where}.attrs") or ""
    return None


def _marked(node: Json, where: str) -> str:
    text = as_text(node.get("text", ""), f"{where}.text")
    for mark, path in objects(node, "marks", where):
        if mark.get("type") == "code":
            return f"`{text}`"
        if mark.get("type") == "link":
            address = maybe_text(maybe_object(mark, "attrs", path) or {}, "href", f"{path}.attrs")
            if address and address != text:
                return f"{text} ({address})"
    return text
