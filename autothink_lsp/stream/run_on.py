"""Where a chat's answer ends that a server let run on into the next turn. Pure."""

from __future__ import annotations

import re

from autothink_lsp.stream.special_tokens import OPEN_ELEMENT, cut_token
from autothink_lsp.stream.think_tags import lowered
from autothink_lsp.stream.turn_headers import without_header

_QUOTES = frozenset("\"'`")
_END_OF_TURN = re.compile(
    r"(?:<([|｜])/?[A-Za-z][\w▁/.:-]{0,63}\1>|</s>|\[/INST\]|<turn\|>|<\|turn>|\[\|endofturn\|\]|\[e~\[|<seed:eos>"
    r"|<(?:end_of_turn|start_of_turn|end_of_utterance|eos|EOS|EOT|EOD|endoftext|end_of_text|extra_id_\d+|SPECIAL_\d+)>)"
)
_NEXT_TURN = re.compile(r"\[INST\]|(?:assistant|user|system|human|model)[ \t]{0,8}:?[ \t\r]{0,8}\Z", re.IGNORECASE)
_FENCE = re.compile(r"([ \t]{0,3}(`{3,}|~{3,})[^\n`]*)$")


def without_run_on(answer: str) -> str:
    """A chat's answer before the token that ended the model's turn, if a server passed that token on as text, and
    behind those that began it.

    The token counts at the beginning or the end of a line outside of code, after a closing fence, and at the very end;
    in code and in a sentence it is text.
    """
    if _END_OF_TURN.search(answer) is None:
        return _without_cut_token(answer)
    answer = without_header(answer, lowered(answer))
    fence, position = "", 0
    for line in answer.splitlines(keepends=True):
        bare = line.rstrip("\r\n")
        token = _END_OF_TURN.search(bare)
        head = bare[: token.start()] if token else bare
        mark = _FENCE.match(head)
        if mark and (not fence or (mark[2].startswith(fence) and mark[1].strip() == mark[2])):
            fence = "" if fence else mark[2]
            if token and not fence:
                return answer[: position + token.start()]
        elif token and not fence and _stands_alone(bare, token):
            return answer[: position + token.start()]
        position += len(line)
    return _without_token_at_end(answer)


def _stands_alone(line: str, token: re.Match[str]) -> bool:
    before, after = line[: token.start()], line[token.end() :]
    if before[-1:] in _QUOTES and before:
        return False
    return not before.strip() or not after.strip() or bool(_END_OF_TURN.match(after) or _NEXT_TURN.match(after))


def _without_cut_token(answer: str) -> str:
    return next((answer[: found.start()] for found in cut_token(answer)), answer)


def _without_token_at_end(answer: str) -> str:
    answer = _without_cut_token(answer)
    text = answer.rstrip()
    while (token := next((each for each in _END_OF_TURN.finditer(text) if each.end() == len(text)), None)) is not None:
        if token.group() == "</s>" and OPEN_ELEMENT.search(text):
            break
        text = answer = text[: token.start()]
        text = text.rstrip()
    return answer
