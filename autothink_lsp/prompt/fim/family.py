"""A model family: the spelling of its fill-in-the-middle (FIM) tokens and the orders in which it takes them.

Data only; ``render.py`` lays a prompt out, ``detect.py`` chooses the family of a served model.
"""

from __future__ import annotations

from typing import Literal

from autothink_lsp.values import frozen

Order = Literal["psm", "spm", "joined", "ctx", "plain"]
"""How prefix P, suffix S and the three tokens are laid out. What the user types is at the end of P.

psm     ``<prefix>P<suffix>S<middle>``: what the models were trained on first; every key re-evaluates all of S.
spm     ``<suffix>S<prefix>P<middle>``: for models trained so.
joined  ``<prefix><suffix>S<middle>P``: the other suffix-first form, without any token after P.
ctx     ``<prefix>`` S as comment lines, P ``<suffix><middle>``: the model sees S as remarks and an empty suffix.
plain   P alone: for models without FIM tokens.

"PSM", "SPM" and the joined form (there "SPMv2") after Bavarian et al., "Efficient Training of Language Models to Fill
in the Middle", arXiv 2207.14255, section 3. ``ctx`` is ours. Costs of each: ``docs/measurements/layouts.md``.
"""


@frozen
class FimFamily:
    """One family. Tokens are written with the blanks that belong to the template (CodeLlama has some)."""

    name: str
    prefix: str
    suffix: str
    middle: str
    orders: tuple[Order, ...]
    """The orders that the model was trained on, the default first."""
    stop: tuple[str, ...]
    """Strings that end an answer, the likeliest first: some servers take only four."""
    names: tuple[str, ...]
    """Regular expressions, searched in the lower-case model name."""
    signs: tuple[str, ...] = ()
    """Special tokens that tell this family from others with the same FIM tokens."""
    by_name_only: bool = False
    """The vocabulary does not identify the family: another family has the same tokens, or tokenizers hide them."""
    line_start_order: Order | None = None
    """Another order for a cursor with nothing but blanks before it on its line. Changing orders costs the KV cache."""
    before: str = ""
    """Text before everything else. ``{path}`` and ``{language}`` are filled in."""
    header: str = ""
    """Text at the beginning of P. ``{path}`` and ``{language}`` are filled in."""
    after: str = ""
    """Text after everything else."""
    repository: str = ""
    """Text that opens a prompt with text of other files."""
    file: str = ""
    """Text that opens each file, the current one included; ``{path}`` is filled in. Empty: other files become
    comments.
    """
    file_end: str = "\n"
    """Text that closes another file."""
    files_in_prefix: bool = False
    """Whether other files go to the beginning of P instead of before everything else."""
    special: tuple[str, ...] = ()
    """More control tokens that text of a document must not become."""

    @property
    def markers(self) -> tuple[str, ...]:
        """The tokens without the template's blanks: each must be one token in the served vocabulary."""
        return tuple(token for token in (self.prefix.strip(), self.suffix.strip(), self.middle.strip()) if token)

    def order_for(self, line_prefix: str) -> Order:
        """The order for a cursor after ``line_prefix`` on its line."""
        if self.line_start_order is not None and not line_prefix.strip():
            return self.line_start_order
        return self.orders[0]
