"""Seed-Coder: trained suffix first (see its model page), with its own token spellings."""

from __future__ import annotations

from autothink_lsp.prompt.fim.family import FimFamily

SEED_CODER = FimFamily(
    name="seed-coder",
    prefix="<[fim-prefix]>",
    suffix="<[fim-suffix]>",
    middle="<[fim-middle]>",
    orders=("spm",),
    stop=(
        "<[end▁of▁sentence]>",
        "<[SEP▁TOKEN]>",
        "<[PAD▁TOKEN]>",
        "<[fim-prefix]>",
        "<[fim-suffix]>",
        "<[fim-middle]>",
    ),
    names=(r"seed-?coder",),
    special=("<[begin▁of▁sentence]>",),
)
