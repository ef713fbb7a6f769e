"""The cache finds answers while the user types along, and nowhere else."""

from autothink_lsp.features.completion.cache import SuggestionCache
from autothink_lsp.features.completion.type_through import Match, RemainingText
from tests.support.cursor_mark import at

URI = "file:///a.py"


def remembered(document: str, answer: str) -> SuggestionCache:
    cache = SuggestionCache()
    cache.remember(URI, at("python", document), answer)
    return cache


def left(cache: SuggestionCache, document: str, uri: str = URI) -> str | None:
    found = cache.lookup(uri, at("python", document))
    return found.text if found else None


def test_typing_deleting_and_accepting_parts_of_an_answer() -> None:
    cache = remembered("a\nx = ‸\n", "foo(1)\ny = foo(2)")
    assert left(cache, "a\nx = ‸\n") == "foo(1)\ny = foo(2)"
    assert left(cache, "a\nx = foo‸\n") == "(1)\ny = foo(2)"
    assert left(cache, "a\nx = fo‸\n") == "o(1)\ny = foo(2)"
    assert left(cache, "a\nx = foo(1)‸\n") == "\ny = foo(2)"
    assert left(cache, "a\nx = foo(1)\n‸\n") == "y = foo(2)"
    assert left(cache, "a\nx = foo(1)\ny = foo(2)‸\n") is None
    assert left(cache, "a\nx = bar‸\n") is None


def test_the_place_is_the_document_the_text_above_and_the_text_below() -> None:
    cache = remembered("a\nx = ‸\nb\n", "foo(1)")
    assert left(cache, "a\nx = f‸\nb\n", "file:///b.py") is None
    assert left(cache, "c\nx = f‸\nb\n") is None
    assert left(cache, "a\nx = f‸\nc\n") is None
    assert left(cache, "a\nx = f‸\nb\n") == "oo(1)"


def test_a_closer_of_the_editor_is_counted() -> None:
    cache = remembered("x = ‸\n", "foo(1) + 2")
    assert cache.lookup(URI, at("python", "x = foo(‸)\n")) == RemainingText(Match.AGREES, "1) + 2", 1)


def test_the_newest_answer_wins_and_replaces_the_one_of_its_place() -> None:
    cache = remembered("x = ‸\n", "foo(1)")
    cache.remember(URI, at("python", "x = f‸\n"), "inish()")
    assert left(cache, "x = fi‸\n") == "nish()"
    assert left(cache, "x = fo‸\n") == "o(1)"
    cache.remember(URI, at("python", "x = ‸\n"), "bar()")
    assert len(cache) == 2
    assert left(cache, "x = fo‸\n") is None
    assert left(cache, "x = ‸\n") == "bar()"


def test_asking_again_and_again_at_one_place_keeps_the_last_answer() -> None:
    cache = SuggestionCache()
    for n in range(40):
        cache.remember(URI, at("python", "x = ‸\n"), f"foo({n})")
    assert len(cache) == 1
    assert left(cache, "x = ‸\n") == "foo(39)"


def test_an_empty_answer_counts_for_its_very_place() -> None:
    cache = remembered("x = ‸\n", "")
    assert cache.lookup(URI, at("python", "x = ‸\n")) == RemainingText(Match.EXHAUSTED)
    assert cache.lookup(URI, at("python", "x = a‸\n")) is None
    assert cache.lookup(URI, at("python", "x = ‸\ny\n")) is None


def test_an_answer_typed_to_its_end_asks_again() -> None:
    assert remembered("x = ‸\n", "foo").lookup(URI, at("python", "x = foo‸\n")) is None


def test_the_number_of_entries_is_bounded_and_the_least_used_go_first() -> None:
    cache = SuggestionCache(max_entries=3)
    for n in range(3):
        cache.remember(URI, at("python", f"a{n}\n‸\n"), "foo")
    assert left(cache, "a0\n‸\n") == "foo"
    cache.remember(URI, at("python", "a3\n‸\n"), "foo")
    assert len(cache) == 3
    assert left(cache, "a1\n‸\n") is None
    assert left(cache, "a0\n‸\n") == "foo"


def test_the_number_of_characters_is_bounded() -> None:
    cache = SuggestionCache(max_characters=1_000)
    for n in range(10):
        cache.remember(URI, at("python", f"a{n}\n‸\n"), "x" * 300)
    assert len(cache) == 3
    cache.remember(URI, at("python", "b\n‸\n"), "x" * 2_000)
    assert len(cache) == 0
    assert left(cache, "b\n‸\n") is None


def test_answers_for_one_line_are_bounded() -> None:
    cache = SuggestionCache()
    for n in range(40):
        cache.remember(URI, at("python", f"{'y' * n}‸\n"), "z")
    assert len(cache) == 16


def test_a_forgotten_document_leaves_nothing() -> None:
    cache = remembered("x = ‸\n", "foo")
    cache.remember("file:///b.py", at("python", "x = ‸\n"), "bar")
    cache.forget(URI)
    assert left(cache, "x = ‸\n") is None
    assert left(cache, "x = ‸\n", "file:///b.py") == "bar"
    cache.forget("file:///never-seen.py")
    cache.forget("file:///b.py")
    assert cache == SuggestionCache()


def test_a_lookup_looks_at_no_more_lines_than_the_longest_answer_has() -> None:
    cache = remembered("‸\n", "a\nb\nc")
    assert left(cache, "a\nb\n‸\n") == "c"
    assert left(cache, "\n" * 50 + "‸\n") is None


def test_the_windows_may_move_while_typing() -> None:
    lines = "".join(f"line {n} of the file\n" for n in range(400))
    cache = SuggestionCache()
    cache.remember(URI, at("python", lines + "x = ‸\n" + lines), "foo(1)")
    assert left(cache, lines[200:] + "x = fo‸\n" + lines[:300]) == "o(1)"


def test_an_answer_for_a_place_further_on_is_found_there_after_it_was_passed_over() -> None:
    cache = remembered("a\nreturn self‸\n", ".x")
    assert left(cache, "a\nreturn se‸\n") is None
    assert left(cache, "a\nreturn self‸\n") == ".x"


def test_an_answer_that_was_contradicted_is_found_again_once_the_contradiction_is_deleted() -> None:
    cache = remembered("a\nx = ‸\n", "foo(1)")
    for typed in ("b", "ba", "bar"):
        assert left(cache, f"a\nx = {typed}‸\n") is None
    assert left(cache, "a\nx = f‸\n") == "oo(1)"
    assert left(cache, "a\nx = b‸\n") is None
    assert left(cache, "a\nx = ‸\n") == "foo(1)"
