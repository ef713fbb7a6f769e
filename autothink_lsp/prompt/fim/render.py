"""Lays out one FIM prompt from a window of code. Pure; chooses neither the window nor the family.

Text of a document never becomes a control token: a marker such as ``<|fim_middle|>`` in a file gets one blank after its
first character (``< |fim_middle|>``). The separator is a visible blank because a model copies what it sees; ``restore``
reverses it in an answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from attrs import field

from autothink_lsp.context.values import CodeContext, ContextBlock
from autothink_lsp.prompt.fim.family import FimFamily, Order
from autothink_lsp.prompt.fim.token_healing import DEFAULT_HEALING, HealedPrefix, HealingMode, heal_prefix
from autothink_lsp.values import frozen

_ANY_MARKER = r"<[|｜][A-Za-z][\w▁ ]*[|｜]>"
"""``<|…|>`` and its full-width form: control tokens of most vocabularies, whether a family lists them or not."""
_BEGUN_MARKER = re.compile(r"< [|｜](?:[A-Za-z][\w▁ ]*[|｜]?)?\Z")


@frozen
class Prompt:
    """The text and stop strings that go to a backend."""

    text: str
    stop: tuple[str, ...]
    family: str
    order: Order
    healed: HealedPrefix = field(factory=HealedPrefix)
    """Text before the cursor that is not in the prompt; the model generates it first."""


def render_fim_prompt(
    family: FimFamily,
    context: CodeContext,
    order: Order | None = None,
    *,
    blocks: Sequence[ContextBlock] = (),
    repository: str = "",
    single_line: bool = False,
    healing: HealingMode = DEFAULT_HEALING,
) -> Prompt:
    """The prompt for ``context``. ``order`` overrides the family's choice and must be one of ``family.orders``.

    ``blocks`` follow those of the context, the most useful last (nearest to the cursor). ``single_line`` adds the
    newline as a stop. ``healing`` is how much text before the cursor is left out for the model to generate.
    """
    if order is not None and order not in family.orders:
        raise ValueError(f"{family.name} cannot be asked in order {order!r}")
    chosen: Order = order or family.order_for(context.line_prefix)
    mask = marker_mask(family)
    kept, healed = heal_prefix(context.prefix, healing)
    prefix, suffix = mask(kept), mask(context.suffix)
    commented = ""
    if chosen == "ctx":
        as_comment = _as_comment(suffix.strip("\n"), context)
        if as_comment is None:
            chosen = next(other for other in family.orders if other != "ctx")
        else:
            commented = as_comment
    front, inner = _other_files(family, context, (*context.blocks, *blocks), repository, mask)
    names = {"path": mask(_one_line(context.path)), "language": context.language_id}
    # The text that changes least often comes first: a server's prefix cache ends at the first changed token.
    prefix = inner + family.header.format(**names) + commented + mask(context.head) + prefix
    text = family.before.format(**names) + front + _lay_out(family, chosen, prefix, suffix) + family.after
    return Prompt(
        text=text,
        stop=("\n", *family.stop) if single_line else family.stop,
        family=family.name,
        order=chosen,
        healed=healed,
    )


def restore(family: FimFamily, answer: str) -> str:
    """``answer`` with the document's spelling of the markers that ``render_fim_prompt`` separated."""
    return _broken_marker(family).sub(lambda match: match.group()[0] + match.group()[2:], answer)


def restore_partial(family: FimFamily, answer: str) -> str:
    """Like ``restore``, for a partial answer: an incomplete separated marker at its end is cut off, because its
    spelling in the document is not known yet."""
    begun = _BEGUN_MARKER.search(answer)
    end = begun.start() if begun else len(answer)
    for marker in map(_break, _control_tokens(family)):
        longest = min(len(marker) - 1, len(answer))
        end = min(end, *(len(answer) - n for n in range(2, longest + 1) if answer.endswith(marker[:n])), len(answer))
    return restore(family, answer[:end])


def _lay_out(family: FimFamily, order: Order, prefix: str, suffix: str) -> str:
    match order:
        case "psm":
            return f"{family.prefix}{prefix}{family.suffix}{suffix}{family.middle}"
        case "spm":
            return f"{family.suffix}{suffix}{family.prefix}{prefix}{family.middle}"
        case "joined":
            return f"{family.prefix}{family.suffix}{suffix}{family.middle}{prefix}"
        case "ctx":
            return f"{family.prefix}{prefix}{family.suffix}{family.middle}"
        case "plain":
            return prefix


def _as_comment(text: str, context: CodeContext) -> str | None:
    """``text`` as whole comment lines; ``None`` if the language has no comments."""
    if not text:
        return ""
    if context.comment_line:
        lines = (f"{context.comment_line} {line}".rstrip() for line in text.split("\n"))
        return "\n".join(lines) + "\n"
    if context.comment_block:
        opening, closing = context.comment_block
        # A closing delimiter in the text would end the comment; a blank inside it keeps the text readable.
        text = text.replace(closing, f"{closing[:1]} {closing[1:]}")
        return f"{opening}\n{text}\n{closing}\n"
    return None


def _other_files(
    family: FimFamily,
    context: CodeContext,
    blocks: Sequence[ContextBlock],
    repository: str,
    mask: Callable[[str], str],
) -> tuple[str, str]:
    """The text to put before the whole prompt, and the text to put at the start of the prefix."""
    if not blocks:
        return "", ""
    if not family.file:
        parts = (_as_comment(f"{block.path}\n{block.text}".strip("\n"), context) or "" for block in blocks)
        return "", mask("".join(parts))
    files = "".join(
        family.file.format(path=mask(_one_line(block.path))) + mask(block.text).strip("\n") + family.file_end
        for block in blocks
    )
    files += family.file.format(path=mask(_one_line(context.path)))
    opening = family.repository.format(repository=mask(repository)) if repository else ""
    return ("", opening + files) if family.files_in_prefix else (opening + files, "")


@lru_cache(maxsize=8)
def _broken_marker(family: FimFamily) -> re.Pattern[str]:
    markers = (re.escape(_break(marker)) for marker in _control_tokens(family))
    return re.compile("|".join((r"< [|｜][A-Za-z][\w▁ ]*[|｜]>", *markers)))


@lru_cache(maxsize=8)
def _control_tokens(family: FimFamily) -> tuple[str, ...]:
    """The control tokens that text of a document must not become. Thinking tags are harmless as text."""
    tokens = (*family.markers, *family.signs, *family.stop, *family.special)
    # Some tokenizers put a blank (U+2581) before a token's name; any blank in the document matches it, so it is
    # removed.
    bare = (token.lstrip("▁") for token in tokens)
    return tuple(token for token in dict.fromkeys(bare) if token not in {"<think>", "</think>"})


@lru_cache(maxsize=8)
def marker_mask(family: FimFamily) -> Callable[[str], str]:
    """The function that separates the markers in text of a document; ``restore`` reverses it."""
    pattern = re.compile("|".join((_ANY_MARKER, *map(re.escape, _control_tokens(family)))))
    return lambda text: pattern.sub(lambda match: _break(match.group()), text)


def _one_line(path: str) -> str:
    return " ".join(path.splitlines())


def _break(marker: str) -> str:
    return f"{marker[:1]} {marker[1:]}"
