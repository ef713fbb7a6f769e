"""vLLM's reasoning parser ``autothink``: for KAT-V1, HiPO and the KwaiCoder-AutoThink preview. One file by itself.

    vllm serve Kwaipilot/HiPO-8B --reasoning-parser-plugin autothink_reasoning_parser.py --reasoning-parser autothink

What the model writes, where its chat template has opened the judge's block already (``<judge>`` is in the prompt)::

    {judge} </judge> <think_off> <answer> {answer} </answer>
    {judge} </judge> <think_on> <think> {thinking} </think> <answer> {answer} </answer>

The preview writes ``<think off>`` and no answer tags. Judge and thinking become ``reasoning``, the answer ``content``.
Tags count at the head of the message and right after a closed block only: an answer may be code that holds every tag.

Tested with vLLM 0.32 (CPU). vLLM calls ``extract_reasoning_streaming`` as long as reasoning has not ended, and
passes text on unparsed afterwards; so it is never told that reasoning ended, else ``</answer>`` would leak. The last
call is not marked as such: what is held back then (a begun tag at the very end) is lost.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from vllm.reasoning import ReasoningParser, ReasoningParserManager

try:
    from vllm.entrypoints.generate.base.protocol import DeltaMessage
except ImportError:  # vLLM has moved it more than once
    try:
        from vllm.entrypoints.openai.engine.protocol import DeltaMessage
    except ImportError:
        from vllm.entrypoints.openai.protocol import DeltaMessage

NAME = "autothink"
HEAD, JUDGE, THINK, ANSWER = "head", "judge", "think", "answer"
JUDGE_CAP_CHARACTERS = 512
"""A judge writes one to three sentences. A longer block without a closer is the answer of a model without a judge."""
_TAIL_TOKENS = 512
_ASSISTANT = "<|im_start|>assistant"
_MODE = r"<think[_ ]o(?:n|ff)>"
_HEAD_TAG = re.compile(rf"<judge>|</judge>|{_MODE}|<think>|</think>|<answer>", re.IGNORECASE)
_CLOSERS = {
    JUDGE: re.compile(rf"</judge>|^{_MODE}", re.IGNORECASE | re.MULTILINE),
    THINK: re.compile(r"</think>|^<answer>", re.IGNORECASE | re.MULTILINE),
}
_BEGUN = ("<judge>", "</judge>", "<think_off>", "<think off>", "<think_on>", "<think on>")
_BEGUN += ("<think>", "</think>", "<answer>")
_END = "</answer>"


class Splitter:
    """Parses one message in pieces of any size. ``feed`` returns the certain part as (reasoning, content)."""

    def __init__(self, state: str = JUDGE, *, answer_tag: bool = False) -> None:
        self.state = state
        self._buffer = ""
        self._trim = True  # white space after an opened block is layout
        self._judged = 0
        self._answer_tag = answer_tag
        self.unjudged = state == JUDGE  # nothing has shown yet that there is a judge at all

    def feed(self, text: str) -> tuple[str, str]:
        """Add text. Returns the new (reasoning, content)."""
        self._buffer += text
        return self._drain(final=False)

    def finish(self) -> tuple[str, str]:
        """End the message. Returns the remaining (reasoning, content)."""
        return self._drain(final=True)

    def _drain(self, *, final: bool) -> tuple[str, str]:
        reasoning: list[str] = []
        content: list[str] = []
        while True:
            before = (self.state, self._buffer)
            if self._trim and self.state in {JUDGE, THINK}:
                self._buffer = self._buffer.lstrip()
                self._trim = not self._buffer
            elif self._trim and self.state == ANSWER:
                self._buffer, self._trim = _without_line_end(self._buffer, final=final)
                if self._trim:
                    break  # a line end may still come
            if self.state == ANSWER:
                content.append(self._answer(final=final))
            elif self.state == HEAD:
                self._head(final=final)
            else:
                reasoning.append(self._block(final=final))
            if (self.state, self._buffer) == before or not self._buffer:
                break
        return "".join(reasoning), "".join(content)

    def _head(self, *, final: bool) -> None:
        """Parse between blocks: a tag opens the next block, other text is the answer."""
        blank = len(self._buffer) - len(self._buffer.lstrip())
        found = _HEAD_TAG.match(self._buffer, blank)
        if found is None:
            if final or not _is_begun(self._buffer[blank:]):
                # The answer's own indentation stays, empty lines before it do not.
                self._buffer = self._buffer[self._buffer.rfind("\n", 0, blank) + 1 :]
                self.state, self._trim = ANSWER, False
            return
        tag = found.group().lower()
        self._buffer = self._buffer[found.end() :]
        self._trim = True
        if tag in {"<judge>", "<think>"}:
            self.state = tag[1:-1]
        elif tag == "<answer>":
            self.state, self._answer_tag = ANSWER, True

    def _block(self, *, final: bool) -> str:
        """Parse the judge or the thinking up to its closer, or to the next block's opener at the start of a line."""
        found = _CLOSERS[self.state].search(self._buffer)
        if found is not None:
            text = self._buffer[: found.start()]
            closes = found.group().startswith("</")
            self._buffer = self._buffer[found.end() if closes else found.start() :]
            self.state, self._trim, self.unjudged = HEAD, True, False
            return text.rstrip()
        kept = "" if final else _held(self._buffer)
        text = self._buffer[: len(self._buffer) - len(kept)]
        if self.state == JUDGE:
            self._judged += len(text)
            if self._judged > JUDGE_CAP_CHARACTERS:
                self.state, self._trim = ANSWER, False
        self._buffer = kept
        return text

    def _answer(self, *, final: bool) -> str:
        """Parse the answer: all text except a final ``</answer>`` if ``<answer>`` opened it."""
        text = self._buffer
        if not self._answer_tag:
            self._buffer = ""
            return text
        at = text.lower().rfind(_END)
        if at >= 0 and not text[at + len(_END) :].strip():
            begins = len(text[:at].rstrip())
        else:
            begins = len(text) if final else _closer_may_begin(text)
        self._buffer = "" if final else text[begins:]
        return text[:begins]


def _without_line_end(text: str, *, final: bool) -> tuple[str, bool]:
    """Remove the line end after ``<answer>``. Returns the text, and whether the line end may still come."""
    rest = text.lstrip(" \t\r")
    if rest.startswith("\n"):
        return rest[1:], False
    return text, not rest and not final


def split(text: str, state: str, *, answer_tag: bool = False) -> tuple[str | None, str | None]:
    """Parse a complete message. Without any tag it is an answer, even if a judge was expected."""
    splitter = Splitter(state, answer_tag=answer_tag)
    reasoning, content = splitter.feed(text)
    more_reasoning, more_content = splitter.finish()
    reasoning, content = reasoning + more_reasoning, content + more_content
    if state == JUDGE and splitter.unjudged:
        return None, text
    return reasoning.strip() or None, content or None


def state_after(prompt_tail: str) -> tuple[str, bool]:
    """Return the state in which the model continues the assistant's turn of the prompt, and whether in ``<answer>``."""
    turn = prompt_tail.rpartition(_ASSISTANT)[2].lower()
    last = max((turn.rfind(tag), tag) for tag in ("<judge>", "</judge>", "<think>", "</think>", "<answer>"))
    mode = max((found.start() for found in re.finditer(_MODE, turn)), default=-1)
    if mode > last[0]:
        return HEAD, False
    at, tag = last
    if at < 0 or tag in {"</judge>", "</think>"}:
        return HEAD, False
    return (ANSWER, True) if tag == "<answer>" else (tag[1:-1], False)


def _held(text: str) -> str:
    """Return the end of the text to hold back: white space before a possible closer, and a partial tag."""
    at = text.rfind("<")
    begun = text[at:] if at >= 0 and _is_begun(text[at:]) else ""
    rest = text[: len(text) - len(begun)]
    return rest[len(rest.rstrip()) :] + begun


def _is_begun(text: str) -> bool:
    low = text.lower()
    return any(tag.startswith(low) for tag in _BEGUN)


def _closer_may_begin(text: str) -> int:
    """Return the index from which the answer may turn out to be white space and the final closer."""
    at = text.rfind("<")
    begun = at >= 0 and _END.startswith(text[at:].lower())
    return len(text[:at].rstrip()) if begun else len(text.rstrip())


@ReasoningParserManager.register_module(NAME)
class AutoThinkReasoningParser(ReasoningParser):
    """vLLM's interface: one instance for each request."""

    def __init__(self, tokenizer: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(tokenizer, *args, **kwargs)
        self._start: tuple[str, bool] | None = None
        self._splitter: Splitter | None = None

    @property
    def reasoning_start_str(self) -> str:
        """For ``thinking_token_budget``."""
        return "<think>"

    @property
    def reasoning_end_str(self) -> str:
        """For ``thinking_token_budget``."""
        return "</think>"

    def is_reasoning_end(self, input_ids: Sequence[int]) -> bool:
        """Return ``False``: else vLLM passes on the rest unparsed. Also reads the end of the prompt."""
        self.adjust_initial_state_from_prompt(input_ids)
        return False

    def is_reasoning_end_streaming(self, input_ids: Sequence[int], delta_ids: Sequence[int]) -> bool:
        """Return ``False``, as above."""
        return False

    def adjust_initial_state_from_prompt(self, prompt_token_ids: Sequence[int]) -> None:
        """Read the prompt before the generation: its last turn tells the state in which the model continues."""
        if self._start is None:
            tail = list(prompt_token_ids)[-_TAIL_TOKENS:]
            self._start = state_after(self.model_tokenizer.decode(tail))

    def extract_content_ids(self, input_ids: list[int]) -> list[int]:
        """Return all tokens: these models write tool calls in their answer."""
        return input_ids

    def extract_reasoning(self, model_output: str, request: Any) -> tuple[str | None, str | None]:
        """Parse a complete message into (reasoning, content)."""
        state, answer_tag = self._start or _start_of(request)
        return split(model_output, state, answer_tag=answer_tag)

    extract_reasoning_content = extract_reasoning  # its name until vLLM 0.11

    def extract_reasoning_streaming(
        self,
        previous_text: str,
        current_text: str,
        delta_text: str,
        previous_token_ids: Sequence[int],
        current_token_ids: Sequence[int],
        delta_token_ids: Sequence[int],
    ) -> Any:
        """Return what a piece adds to the message, ``None`` if its text is held back."""
        if self._splitter is None:
            state, answer_tag = self._start or (JUDGE, False)
            self._splitter = Splitter(state, answer_tag=answer_tag)
        reasoning, content = self._splitter.feed(delta_text)
        if not reasoning and not content:
            return None
        return DeltaMessage(reasoning=reasoning or None, content=content or None)

    extract_reasoning_content_streaming = extract_reasoning_streaming


def _start_of(request: Any) -> tuple[str, bool]:
    """Return the initial state without a prompt: the client's partial message, else the judge of the template."""
    messages = getattr(request, "messages", None) or []
    last = messages[-1] if messages else {}
    if getattr(request, "continue_final_message", False) and isinstance(last, dict) and last.get("role") == "assistant":
        return state_after(str(last.get("content") or ""))
    return JUDGE, False
