"""Parses gpt-oss' message format ("harmony") for servers that pass it on as text: channels instead of tags.

``<|channel|>analysis<|message|>…<|end|><|start|>assistant<|channel|>final<|message|>…<|return|>``. Text of every
channel but ``final`` is thinking. A message that begins without a channel was split by the server and is an answer,
with one exception: a server that removes only the special tokens sends ``analysis…assistantfinal…`` (seen with
``skip_special_tokens``).
"""

from __future__ import annotations

import re

from autothink_lsp.stream.segments import SegmentKind, StartState, StreamSegment
from autothink_lsp.stream.think_tags import HARMONY_CHANNEL, HARMONY_ENDS, HARMONY_MESSAGE, HARMONY_START, held_back

_LONGEST_HEADER = 200
_WITHOUT_CHANNEL_TOKEN = re.compile(r"(?:analysis|commentary|final)\b[^<\n]{0,60}(?=<\|message\|>)")
_BARE_CHANNEL = re.compile(r"(?:analysis|commentary)(?=[A-Z])")
_BARE_FINAL = "assistantfinal"


_CHANNELS = tuple(f"{channel}{HARMONY_MESSAGE}" for channel in ("analysis", "commentary", "final"))


def begins_harmony(low: str) -> bool:
    """Whether an answer that begins with ``low`` (lower case) is in this format, also without its first token."""
    return low.startswith((HARMONY_CHANNEL, HARMONY_START, HARMONY_MESSAGE, *_CHANNELS))


def may_begin_harmony(low: str) -> bool:
    """Whether all of ``low`` may be the beginning of such an answer."""
    return any(begin.startswith(low) and begin != low for begin in (HARMONY_START, HARMONY_MESSAGE, *_CHANNELS))


class HarmonyParser:
    """A stream parser for one message in the harmony format; ``ThinkParser`` delegates to it."""

    def __init__(self) -> None:
        self.state = StartState.HEAD
        self._buffer = ""
        self._seen_channel = False
        self._ends: tuple[str, ...] = (*HARMONY_ENDS, HARMONY_START, HARMONY_CHANNEL)

    def feed(self, text: str, *, final: bool = False) -> list[StreamSegment]:
        """Add ``text`` and return the segments that can be decided; with ``final``, the segments of all text left."""
        self._buffer += text
        out: list[StreamSegment] = []
        while self._step(out, final=final):
            pass
        return out

    def _step(self, out: list[StreamSegment], *, final: bool) -> bool:
        if self.state is StartState.HEAD:
            return self._head(out, final=final)
        if self.state is StartState.THINK:
            return self._message(out, SegmentKind.THINK, final=final)
        self._answer(out, final=final)
        return False

    def _head(self, out: list[StreamSegment], *, final: bool) -> bool:
        text = self._buffer.lstrip()
        if not self._seen_channel:
            if bare := _BARE_CHANNEL.match(text):
                self._buffer, self._ends, self.state = text[bare.end() :], (_BARE_FINAL,), StartState.THINK
                return True
            if bare := _WITHOUT_CHANNEL_TOKEN.match(text):
                text = self._buffer = HARMONY_CHANNEL + text
            elif not final and text and any(name.startswith(text) for name in ("analysis", "commentary")):
                return False
        if not self._seen_channel and not text.startswith(("<", "assistant")):
            if text or final:
                self.state = StartState.ANSWER
                return True
            return False
        at = text.find(HARMONY_MESSAGE)
        if at >= 0 and HARMONY_CHANNEL in text[:at]:
            channel = text[:at].rpartition(HARMONY_CHANNEL)[2].split()
            self._buffer = text[at + len(HARMONY_MESSAGE) :]
            self._seen_channel = True
            self.state = StartState.ANSWER if channel[:1] == ["final"] else StartState.THINK
            return True
        header = text.startswith((HARMONY_START, HARMONY_CHANNEL, "assistant"))
        maybe = header or HARMONY_START.startswith(text) or HARMONY_CHANNEL.startswith(text)
        if final or not (maybe or "assistant".startswith(text)) or len(text) > _LONGEST_HEADER:
            if not header or not final:
                self.state = StartState.ANSWER
                return bool(text)
            self._buffer = ""
        return False

    def _message(self, out: list[StreamSegment], kind: SegmentKind, *, final: bool) -> bool:
        ends = self._ends
        at, tag = min(((self._buffer.find(one), one) for one in ends if one in self._buffer), default=(-1, ""))
        if at >= 0:
            _emit(out, kind, self._buffer[:at])
            rest = self._buffer[at:]
            if tag == _BARE_FINAL:
                self._buffer, self.state = rest[len(tag) :], StartState.ANSWER
                return True
            self._buffer = rest[len(tag) :] if tag in HARMONY_ENDS else rest
            self.state = StartState.HEAD
            return True
        keep = 0 if final else held_back(self._buffer, ends)
        _emit(out, kind, self._buffer[: len(self._buffer) - keep])
        self._buffer = self._buffer[len(self._buffer) - keep :]
        return False

    def _answer(self, out: list[StreamSegment], *, final: bool) -> None:
        """Emit answer text. An end mark counts only at the very end, and only if a channel was opened: code may contain
        one."""
        text = self._buffer
        if not self._seen_channel:
            keep = 0
        elif final:
            bare = text.rstrip()
            keep = next((len(text) - len(bare) + len(end) for end in HARMONY_ENDS if bare.endswith(end)), 0)
        else:
            bare = text.rstrip()
            end = next((end for end in HARMONY_ENDS if bare.endswith(end)), "")
            keep = len(text) - len(bare) + len(end) if end else held_back(text, HARMONY_ENDS)
        _emit(out, SegmentKind.ANSWER, text[: len(text) - keep])
        self._buffer = "" if final else text[len(text) - keep :]


def _emit(out: list[StreamSegment], kind: SegmentKind, text: str) -> None:
    if text:
        out.append(StreamSegment(kind, text))
