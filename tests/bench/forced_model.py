"""How probable a model holds a known text, and whether greedy decoding would write it, without generating anything.

Teacher forcing: one evaluation of the prompt and the text gives the logits at every position. Their softmax is the
probability of the text, and where the most probable token is the text's own at every position, greedy decoding writes
it. Where another token is the most probable one but writes the same characters (``self.`` as one token or two), the
rest is evaluated again behind it, so the result is that of decoding.

``LlamaLibrary`` needs ``pip install ik-llama-cpp-python`` (no requirement of the tests): a build of llama.cpp whose
library gives the logits of all positions. ``IK_LLAMA_CPP_LIB_PATH`` names another build of it, as one for AVX-512.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Collection, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from attrs import define, field, frozen

_BATCH_TOKENS = 512
_CONTEXT_TOKENS = 4096


class Scores(Protocol):
    """What a model says of the next token at one position."""

    def best(self) -> int:
        """The most probable token."""
        ...

    def log_p(self, tokens: Collection[int]) -> float:
        """The natural logarithm of the probability that the next token is one of these."""
        ...


class ForcedModel(Protocol):
    """A model that can be evaluated at all positions of a text."""

    @property
    def pieces(self) -> Sequence[bytes]:
        """The bytes of each token."""
        ...

    def tokens(self, text: str) -> list[int]:
        """The tokens of ``text``; the markers of a family are one token each."""
        ...

    def is_end(self, token: int) -> bool:
        """Whether generation ends at this token."""
        ...

    def scores(self, head: list[int], text: list[int]) -> Sequence[Scores]:
        """What the model says behind ``head``, and behind each token of ``text`` that follows."""
        ...


def probability(model: ForcedModel, prompt: str, text: str) -> tuple[float, int] | None:
    """The natural logarithm of the probability of ``text`` behind ``prompt``, from its first character that is no
    blank, and the tokens from there; ``None`` if it is nothing but blanks. The last token counts with all that begin
    with it and go on with a line break: vocabularies have ``:`` with a line break as one token, too, which is what a
    model writes there."""
    text = text.rstrip()
    if not text:
        return None
    tokens = model.tokens(text)
    first = next(n for n, token in enumerate(tokens) if model.pieces[token].strip())
    last = model.pieces[tokens[-1]]
    ends = (last + b"\n", last + b"\r")
    same = [token for token, piece in enumerate(model.pieces) if piece == last or piece.startswith(ends)]
    scores = model.scores(model.tokens(prompt), tokens[:-1])
    found = [scores[n].log_p((tokens[n],)) for n in range(first, len(tokens) - 1)]
    return sum(found) + scores[len(tokens) - 1].log_p(same), len(tokens) - first


def greedy(model: ForcedModel, prompt: str, text: str, stop: Sequence[str], most_tokens: int) -> str:
    """What greedy decoding writes behind ``prompt``, up to the first token that does not belong to ``text``.

    So it is complete where it is ``text``, in which blanks at both ends need not agree."""
    head, said, made = model.tokens(prompt), b"", 0
    wanted, indented = text.strip().encode(), text.rstrip().encode()
    stops = [one.encode() for one in stop]
    while made < most_tokens:
        rest = wanted[len(said.lstrip(b" \t")) :]
        if not said.strip() and indented.startswith(said):
            rest = indented[len(said) :]
        draft = model.tokens(rest.decode(errors="replace")) if rest else []
        for token in _agreed(model, head, draft)[: most_tokens - made]:
            if model.is_end(token):
                return said.decode(errors="replace")
            head.append(token)
            made += 1
            said += model.pieces[token]
            ends = [said.find(one) for one in stops if one in said]
            if ends:
                return said[: min(ends)].decode(errors="replace")
        so_far = said.lstrip(b" \t")
        if not wanted.startswith(so_far) and so_far.rstrip() != wanted:
            break
    return said.decode(errors="replace")


def _agreed(model: ForcedModel, head: list[int], draft: list[int]) -> list[int]:
    """The tokens that greedy decoding writes behind ``head``: those of ``draft`` that it agrees to, and one more."""
    made: list[int] = []
    for one, expected in zip(model.scores(head, draft), [*draft, -1], strict=True):
        made.append(one.best())
        if made[-1] != expected:
            break
    return made


@frozen
class _Logits:
    row: Any
    numpy: Any

    def best(self) -> int:
        return int(self.row.argmax())

    def log_p(self, tokens: Collection[int]) -> float:
        row = self.row.astype("float64")
        row -= row.max()
        return float(self.numpy.log(self.numpy.exp(row[list(tokens)]).sum() / self.numpy.exp(row).sum()))


@define(eq=False)
class LlamaLibrary:
    """A ``ForcedModel`` in this process, on one thread. A prompt that begins as the one before is evaluated from where
    it differs on; ``evaluated_tokens`` counts what was."""

    path: Path
    evaluated_tokens: int = field(default=0, init=False)
    pieces: Sequence[bytes] = field(init=False, repr=False)
    _api: Any = field(init=False, repr=False)
    _numpy: Any = field(init=False, repr=False)
    _model: Any = field(init=False, repr=False)
    _context: Any = field(init=False, repr=False)
    _batch: Any = field(init=False, repr=False)
    _forget: Any = field(init=False, repr=False)
    _held: list[int] = field(factory=list, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        api: Any = import_module("ik_llama_cpp._ctypes_api")
        self._api, self._numpy = api, import_module("numpy")
        api.llama_backend_init()
        parameters = api.llama_model_default_params()
        parameters.repack_tensors, parameters.use_mmap = True, False
        self._model = api.llama_model_load_from_file(os.fsencode(self.path), parameters)
        if not self._model:
            raise SystemExit(f"{self.path} could not be loaded")
        settings = api.llama_context_default_params()
        settings.n_ctx, settings.n_batch, settings.n_ubatch = _CONTEXT_TOKENS, _BATCH_TOKENS, _BATCH_TOKENS
        settings.flash_attn = False
        settings.n_threads = settings.n_threads_batch = 1
        self._context = api.llama_init_from_model(self._model, settings)
        self._batch = api.llama_batch_init(_BATCH_TOKENS, 0, 1)
        self._forget = api._lib.llama_kv_cache_seq_rm
        self._forget.argtypes = [ctypes.c_void_p, ctypes.c_int32, ctypes.c_int32, ctypes.c_int32]
        self._forget.restype = ctypes.c_bool
        count = api.llama_vocab_n_tokens(api.llama_model_get_vocab(self._model))
        self.pieces = [self._piece(token) for token in range(count)]

    def tokens(self, text: str) -> list[int]:
        raw = text.encode()
        buffer = (ctypes.c_int32 * (len(raw) + 8))()
        count = self._api.llama_tokenize(self._model, raw, len(raw), buffer, len(buffer), False, True)
        return list(buffer[:count])

    def is_end(self, token: int) -> bool:
        return bool(self._api.llama_token_is_eog(self._model, token))

    def scores(self, head: list[int], text: list[int]) -> list[_Logits]:
        every, start = head + text, len(head) - 1
        same = 0
        while same < min(len(self._held), start) and self._held[same] == every[same]:
            same += 1
        self._forget(self._context, 0, same, -1)
        del self._held[same:]
        found: list[_Logits] = []
        for at in range(same, len(every), _BATCH_TOKENS):
            part = every[at : at + _BATCH_TOKENS]
            self._batch.n_tokens = len(part)
            for n, token in enumerate(part):
                self._batch.token[n], self._batch.pos[n] = token, at + n
                self._batch.n_seq_id[n], self._batch.seq_id[n][0] = 1, 0
                self._batch.logits[n] = at + n >= start
            if self._api.llama_decode(self._context, self._batch):
                raise RuntimeError("the model could not be evaluated")
            self._held += part
            self.evaluated_tokens += len(part)
            found += [self._row(n) for n in range(len(part)) if at + n >= start]
        return found

    def _row(self, position: int) -> _Logits:
        pointer = self._api.llama_get_logits_ith(self._context, position)
        return _Logits(self._numpy.ctypeslib.as_array(pointer, shape=(len(self.pieces),)).copy(), self._numpy)

    def _piece(self, token: int) -> bytes:
        buffer = ctypes.create_string_buffer(256)
        count = self._api.llama_token_to_piece(self._model, token, buffer, 256, 0, True)
        return buffer.raw[: max(0, count)]
