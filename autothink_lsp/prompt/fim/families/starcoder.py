"""StarCoder, StarCoder2 and Stable-Code, which share tokens and layout."""

from __future__ import annotations

from attrs import evolve

from autothink_lsp.prompt.fim.family import FimFamily

STARCODER = FimFamily(
    name="starcoder",
    prefix="<fim_prefix>",
    suffix="<fim_suffix>",
    middle="<fim_middle>",
    orders=("psm",),
    stop=("<|endoftext|>", "<file_sep>", "<fim_prefix>", "<fim_suffix>", "<fim_middle>", "<fim_pad>"),
    names=(r"starcoder",),
    file="<file_sep>",  # without the path, as in Continue's template
    file_end="",
    special=("<repo_name>", "<reponame>", "<filename>", "<gh_stars>"),
)

STABLE_CODE = evolve(
    STARCODER,
    name="stable-code",
    names=(r"stable-?code",),
    stop=("<|endoftext|>", "<fim_prefix>", "<fim_suffix>", "<fim_middle>", "<fim_pad>"),
    by_name_only=True,
    file="",
    file_end="\n",
)
