"""Parses a model's answer: its explanation, its code, and the form of the code. Applies nothing.

Forms are fenced blocks, search/replace blocks, a unified diff that fits exactly, and an answer that consists only of
code. Of several fenced blocks the changed version of the asked code is chosen (`code_similarity.py`), not commands,
outputs, usage examples or the unchanged code. A cut answer is never used.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from attrs import field, frozen

from autothink_lsp.edits.code_similarity import AskedCode, BlockKind, CodeSimilarity, is_prose
from autothink_lsp.edits.fences import FencedBlock, fence_count, fenced_blocks
from autothink_lsp.edits.line_numbers import without_line_numbers
from autothink_lsp.edits.prose import is_any_prose
from autothink_lsp.edits.replacement import EditRefused, Refusal
from autothink_lsp.edits.search_blocks import (
    SearchReplace,
    has_indented_mark,
    has_search_mark,
    read_search_blocks,
    truncated,
    without_indented_marks,
)
from autothink_lsp.edits.transcription import transcribed, transcribed_block, transcribed_prose
from autothink_lsp.edits.unified_diff import apply_diff

_HEADER = re.compile(
    r"^[ \t>*_#]*the whole (?:edited code|test file)[ \t*_]*+:?[ \t*_]*+:?$", re.IGNORECASE | re.MULTILINE
)
_FENCE_LINE = re.compile(r"^[ \t]*(?:`{3,}|~{3,})[^\n`]*$", re.MULTILINE)
# Labels in the line above a block, in the words that models use.
_LABEL_START = r"^[\s>*_#\-\d.)(]*+(?:\w+ ){0,2}?"
_CALLED_OLD = re.compile(
    _LABEL_START + r"(?:before|old|original|current|previous|existing|buggy|wrong|incorrect|broken|faulty|instead of"
    r"|vorher|bisher|avant|antes|prima|было|до)\b",
    re.IGNORECASE,
)
_CALLED_OTHER = re.compile(
    _LABEL_START
    + r"(?:outputs?|results?|prints?|usage|use it|example|run|tests?|testing|console|logs?|alternative(?:ly)?"
    r"|optional(?:ly)?|ausgabe|beispiel|sortie|exemple|salida|ejemplo)\b",
    re.IGNORECASE,
)
_CALLED_NEW = re.compile(
    _LABEL_START
    + r"(?:after|new|fix|fixed|corrected|updated|final|full|complete|nachher|neu|korrigiert|après|después)\b",
    re.IGNORECASE,
)
_CODE_SYMBOL = re.compile(r"[=(){};<>\[\]]")
_SENTENCE = re.compile(r"^[A-ZÀ-Þ][a-zß-ÿ']*(?: \S+){2,}[.!?:]$")
_HTML_CODE = re.compile(r"^[ \t]*<(?:pre|code)\b[^>\n]*>", re.IGNORECASE | re.MULTILINE)
MOST_CHARACTERS = 400_000


@frozen
class ParsedAnswer:
    """The parts of an answer. ``whole`` is the complete asked code in its changed version; with ``blocks`` it is
    ``None``. ``concerns`` are sentences for the user, who is asked before the edit is applied. ``is_diff``: ``whole``
    was made from a diff, so that nothing is missing in it by mistake."""

    explanation: str
    blocks: tuple[SearchReplace, ...] = ()
    whole: str | None = field(default=None, repr=False)
    concerns: tuple[str, ...] = ()
    is_diff: bool = False


def read_answer(answer: str, *, finished: bool, asked: AskedCode | None = None) -> ParsedAnswer:
    """Parse ``answer``; ``blocks`` and ``whole`` are both empty if it contains no code.

    ``finished``: the model ended the answer by itself. ``asked`` is the code to change; without it the answer is a new
    text. Raises ``EditRefused``: TRUNCATED for an answer that was cut or contains only a part of the code, OTHER_CODE
    if no block is the asked code, AMBIGUOUS and NOT_FOUND if the replaced lines cannot be determined.
    """
    if len(answer) > MOST_CHARACTERS:
        raise EditRefused(Refusal.OTHER_CODE, "The model's answer is far too long to be an edit.")
    asked = asked or AskedCode("")
    text = answer.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    if not finished:
        raise truncated()
    if not has_search_mark(asked.code) and not has_indented_mark(asked.code) and not has_search_mark(text):
        text = without_indented_marks(text)
    like = CodeSimilarity.to(asked)
    if has_search_mark(text) and not (has_search_mark(asked.code) and _holds_whole_code(text, like)):
        return _read_blocks(text, asked)
    blocks = _fenced(text, like)
    if not blocks and asked.code.strip() and like.kind("", text) is BlockKind.DIFF:
        return ParsedAnswer(explanation="", whole=apply_diff(text.strip("\n"), asked.code), is_diff=True)
    if not blocks:
        return ParsedAnswer(explanation=text.strip(), whole=_bare_code(text, like))
    chosen, code = _chosen(blocks, like)
    meant = _as_meant(code, asked)
    concerns = ()
    if _may_be_cut(text, chosen, meant, asked):
        concerns = ("The model did not end its code block, so the last lines may be missing.",)
    is_diff = like.kind(chosen.info, chosen.code) is BlockKind.DIFF
    explanation = _HEADER.sub("", text[: chosen.start]).strip()
    return ParsedAnswer(explanation, whole=meant, concerns=concerns, is_diff=is_diff)


def _may_be_cut(text: str, chosen: FencedBlock, meant: str, asked: AskedCode) -> bool:
    """Whether the block has no end and does not end like the asked code, although the model ended its answer."""
    written = text.rstrip()
    if chosen.end < len(written) or written.endswith(("```", "~~~")) or not asked.code.strip() or not meant.strip():
        return False
    return meant.rstrip().split("\n")[-1].strip() != asked.code.rstrip().split("\n")[-1].strip()


def _as_meant(code: str, asked: AskedCode) -> str:
    bare = without_line_numbers(code, asked.code)
    if is_any_prose(asked.language_id):
        return transcribed_prose(bare, asked.code)
    return transcribed(bare, asked.code, may_comment=asked.may_comment)


def before_cut(answer: str, asked: AskedCode) -> str:
    """The part of a cut answer up to the end of its last closed fenced block, which is complete. Empty if there is
    none, and for search/replace blocks, because some of them may be missing."""
    if fence_count(asked.code) or has_search_mark(answer):
        return ""
    end, offset, is_open = 0, 0, False
    for line in answer.splitlines(keepends=True):
        offset += len(line)
        if line.lstrip().startswith("```"):
            is_closing = is_open and not line.strip().strip("`")
            is_open = not is_closing
            end = offset if is_closing else end
    return answer[:end]


def _fenced(text: str, like: CodeSimilarity) -> list[FencedBlock]:
    asked = like.asked
    inner = fence_count(asked.code)
    inner_fences = inner if inner or is_prose(asked.language_id) else None
    found = fenced_blocks(text, inner_fences=inner_fences, measure=like.score)
    return [block for block in found if block.code.strip()] or found


def _holds_whole_code(text: str, like: CodeSimilarity) -> bool:
    """Whether a fenced block is the complete asked code, which itself contains marks of search/replace blocks."""
    return any(like.score(block.code) >= 0.5 for block in _fenced(text, like))


def _chosen(blocks: list[FencedBlock], like: CodeSimilarity) -> tuple[FencedBlock, str]:
    """The block with the changed asked code, and that code.

    Order of preference: a complete block that the answer labels as the asked code or as new; the first complete block;
    the block after the header of the prompt's form; a diff that fits. Raises ``EditRefused`` if there is none.
    """
    kinds = {block: like.kind(block.info, block.code) for block in blocks}
    code_blocks = [block for block in blocks if kinds[block] is BlockKind.CODE]
    complete = [block for block in code_blocks if like.is_complete(_bare_of_numbers(block, like))]
    changed = [block for block in complete if not like.is_same(_bare_of_numbers(block, like))]
    in_place = _in_asked_place(blocks)
    asked_for = in_place[0] if in_place and in_place[0] in code_blocks else None
    if asked_for is not None and not any(block in in_place for block in complete):
        if not changed:
            _refuse_part(asked_for, blocks, like)
            return asked_for, asked_for.code
        if not _is_part(asked_for, blocks, like):
            return asked_for, asked_for.code
    if changed:
        chosen = _best_named(changed, in_place) if like.asked.code.strip() else _longest(changed, in_place)
        return chosen, chosen.code
    for block in blocks:
        if kinds[block] is BlockKind.DIFF and like.asked.code.strip():
            return block, apply_diff(block.code, like.asked.code)
    if complete:
        return complete[0], complete[0].code
    if all(not block.code.strip() for block in blocks):
        return blocks[0], ""
    for block in code_blocks:
        _refuse_part(block, blocks, like)
    raise EditRefused(
        Refusal.OTHER_CODE,
        "No code block of the model's answer is like the code to edit, so nothing was changed.",
        hint="Try again, with thinking if possible.",
        for_model="No code block of your answer was the code to edit. Answer in the asked form, with the whole edited "
        "code in one block and no other block.",
    )


def _bare_of_numbers(block: FencedBlock, like: CodeSimilarity) -> str:
    return _as_meant(block.code, like.asked)


def _in_asked_place(blocks: list[FencedBlock]) -> list[FencedBlock]:
    """The blocks after the header line that the prompt requests."""
    first = next((number for number, block in enumerate(blocks) if _HEADER.search(block.above)), None)
    return [] if first is None else blocks[first:]


def _best_named(changed: list[FencedBlock], in_place: list[FencedBlock]) -> FencedBlock:
    """The first of several versions that is not labelled as old, an alternative or an example; one labelled as new
    comes first."""

    def rank(block: FencedBlock) -> tuple[bool, bool, bool]:
        label = _label(block)
        other = _CALLED_OLD.match(label) is not None or _CALLED_OTHER.match(label) is not None
        return block not in in_place, other, _CALLED_NEW.match(label) is None

    return min(changed, key=rank)


def _longest(changed: list[FencedBlock], in_place: list[FencedBlock]) -> FencedBlock:
    """The block of a new text: the one at the requested place, else the longest."""
    return next((block for block in changed if block in in_place), None) or max(
        changed, key=lambda block: len(block.code)
    )


def _label(block: FencedBlock) -> str:
    """The line directly above the block."""
    lines = [line for line in block.above.split("\n") if line.strip()]
    return lines[-1] if lines else ""


def _refuse_part(block: FencedBlock, blocks: list[FencedBlock], like: CodeSimilarity) -> None:
    """Raise ``EditRefused`` if the block is only a part of the asked code: the rest would be deleted."""
    if _is_part(block, blocks, like):
        raise EditRefused(
            Refusal.TRUNCATED,
            "The model answered with a part of the code, so it was not applied.",
            hint="Ask again, or select only the lines that are to change.",
            for_model="Your answer had only a part of the code to edit.",
        )


def _is_part(block: FencedBlock, blocks: list[FencedBlock], like: CodeSimilarity) -> bool:
    return like.is_part(block.code) or (len(blocks) > 1 and like.shares_definitions(block.code))


def _bare_code(text: str, like: CodeSimilarity) -> str | None:
    """The code of an answer without fences; ``None`` if it is prose. Code begins like the asked code, and none of its
    new lines reads like a sentence."""
    present = {line.strip() for line in like.asked.lines}
    if not is_any_prose(like.asked.language_id):
        text = _without_last_sentences(text, present)
    lines = [line for line in text.strip("\n").split("\n") if line.strip()]
    if not lines or (_HTML_CODE.search(text) and not _HTML_CODE.search(like.asked.code)):
        return None
    if not like.asked.code.strip():
        prose = sum(1 for line in lines if re.match(r"^[A-Z][a-z']+ (?:\w+[ ,]+){3,}\w+", line))
        symbols = sum(1 for line in lines if _CODE_SYMBOL.search(line) or re.match(r"\s+\S|.*:", line))
        return text.strip("\n") if not prose and symbols * 2 >= len(lines) else None
    code = _as_meant(text.strip("\n"), like.asked)
    if not like.is_complete(code) or any(_is_sentence(line, present) for line in lines):
        return None
    first = next(line for line in code.split("\n") if line.strip()).strip()
    asked_first = next(line for line in like.asked.lines if line.strip()).strip()
    alike = first in present or SequenceMatcher(None, asked_first[:400], first[:400]).ratio() >= 0.5
    return code if alike or like.score(code) >= 0.6 else None


def _without_last_sentences(text: str, present: set[str]) -> str:
    """``text`` without a last paragraph that is prose: what the model says about its code."""
    code, gap, sentences = text.rstrip().rpartition("\n\n")
    if not gap or not code.strip() or not all(_is_sentence(line, present) for line in sentences.split("\n")):
        return text
    return code


def _is_sentence(line: str, present: set[str]) -> bool:
    """Whether a line of the answer is prose that is not in the asked code."""
    bare = line.strip()
    if bare in present or _CODE_SYMBOL.search(bare.replace("`", "")):
        return False
    return _SENTENCE.match(bare) is not None or (
        bare.endswith(("：", "。", "！")) and not any(one.endswith(bare[-1]) for one in present)
    )


def _read_blocks(text: str, asked: AskedCode) -> ParsedAnswer:
    read = read_search_blocks(text, asked.code)
    if read is None:
        return ParsedAnswer(explanation=text.strip())
    blocks = tuple(_bare_block(block, asked) for block in read.blocks)
    return ParsedAnswer(_FENCE_LINE.sub("", text[: read.start]).strip(), blocks=blocks)


def _bare_block(block: SearchReplace, asked: AskedCode) -> SearchReplace:
    """The block without line numbers and what the writing changed, where its search part shows it."""
    search = without_line_numbers(block.search, asked.code)
    replace = block.replace if search == block.search else without_line_numbers(block.replace, asked.code)
    search, replace = transcribed_block(search, replace, asked.code)
    if not is_any_prose(asked.language_id):
        replace = transcribed(replace, search, may_comment=asked.may_comment)
    return SearchReplace(search, replace)
