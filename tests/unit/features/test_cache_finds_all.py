"""The cache's buckets find what a look at every entry would find, which is what a radix tree over prefixes would, too;
and how many entries a lookup looks at does not grow with the cache."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from autothink_lsp.context.values import CodeContext
from autothink_lsp.features.completion import cache as cache_module
from autothink_lsp.features.completion.cache import SuggestionCache
from autothink_lsp.features.completion.type_through import Match, RequestPosition, remaining_text, remaining_text_since
from tests.support.example_counts import examples

URI = "file:///a.py"
PIECES = ("a", "ab", "(", ")", " ", "\n", "\n    ", "b\n")
texts = st.lists(st.sampled_from(PIECES), max_size=6).map("".join)
ABOVE = "import os\n\n\ndef f(x):\n    y = x\n"


def context(prefix: str, suffix: str) -> CodeContext:
    return CodeContext("a.py", "python", ABOVE + prefix, suffix)


@hypothesis_settings(max_examples=examples(400))
@given(
    st.lists(st.tuples(texts, st.sampled_from(["\n", "\nz\n"]), texts), max_size=8),
    st.one_of(st.tuples(texts, st.sampled_from(["\n", "\nz\n", ")\n"])), st.none()),
    st.data(),
)
@pytest.mark.exhaustive
def test_what_a_look_at_every_entry_finds_is_found(
    entries: list[tuple[str, str, str]], place: tuple[str, str] | None, data: st.DataObject
) -> None:
    cache = SuggestionCache()
    kept: dict[RequestPosition, str] = {}
    for prefix, suffix, answer in entries:
        asked = context(prefix, suffix)
        cache.remember(URI, asked, answer)
        kept.pop(RequestPosition.at(asked), None)
        kept[RequestPosition.at(asked)] = answer
    if place is None:  # somewhere along one of them
        if not entries:
            return
        prefix, suffix, answer = data.draw(st.sampled_from(entries))
        place = prefix + answer[: data.draw(st.integers(0, len(answer)))], suffix
    now = context(*place)
    found = cache.lookup(URI, now)
    agreeing = [
        left for asked, answer in kept.items() if (left := remaining_text(asked, now, answer)).along is Match.AGREES
    ]
    if agreeing:
        assert found in agreeing
    else:
        assert found is None or not found.text


def test_a_lookup_looks_at_no_more_entries_in_a_full_cache() -> None:
    def looks(count: int) -> int:
        cache = SuggestionCache()
        for number in range(count):
            cache.remember(URI, CodeContext("a.py", "python", f"# {number}\nx = ", "\n"), "call()\n    more()")
        with patch.object(cache_module, "remaining_text_since", side_effect=remaining_text_since) as counted:
            assert cache.lookup(URI, CodeContext("a.py", "python", "# 1\nx = ca", "\n")) is not None
        return counted.call_count

    assert looks(200) == looks(5) == 1
