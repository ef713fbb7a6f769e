"""Forms of answers that models give although others are asked for, made from the answer of a perfect model.

Each form gets the piece before and after the change of one word and returns the whole answer. What such an answer may
lead to: the change of that word and nothing else, a refusal, or an edit that is shown first.

    python -m tests.hardening.answer_forms --files 200 --seed 1

prints a table: cases, right, shown first, refused, changed beyond the word silently.
"""

from __future__ import annotations

import argparse
import asyncio
import difflib
import html
import json
import random
import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from tests.hardening.perfect_model import Answer, Case, Desk, Outcome, Sample, cases, samples

Form = Callable[[Sequence[str], Sequence[str]], str]
WAYS = ("fix", "short file", "selection")


def _fenced(lines: Iterable[str], info: str = "", *, after: str = "") -> str:
    text = "\n".join(lines)
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`{3,}", text)), default=2))
    return f"{fence}{info}\n{text}\n{fence}\n{after}"


def _whole(lines: Iterable[str], *, after: str = "") -> str:
    return f"So.\n\nThe whole edited code:\n{_fenced(lines)}{after}"


def _changed(old: Sequence[str], new: Sequence[str]) -> int:
    return next(number for number, (was, now) in enumerate(zip(old, new, strict=True)) if was != now)


def _diff(old: Sequence[str], new: Sequence[str], context: int) -> list[str]:
    return list(difflib.unified_diff(old, new, "a/file", "b/file", n=context, lineterm=""))


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _elided(old: Sequence[str], new: Sequence[str], words: str) -> list[str]:
    """The changed line with two lines around it; ``words`` in place of all others."""
    at = _changed(old, new)
    first, stop = max(0, at - 2), min(len(new), at + 3)
    middle = [_indent(new[min(stop, len(new) - 1)]) + words]
    return [*(middle if first else []), *new[first:stop], *(middle if stop < len(new) else [])]


def _elided_once(old: Sequence[str], new: Sequence[str], words: str) -> list[str]:
    """All lines but some in the middle that the change leaves alone."""
    at, count = _changed(old, new), len(new)
    kept = [line for number, line in enumerate(new) if number < 1 or number >= count - 1 or abs(number - at) <= 1]
    gap = 1 if at > 2 else max(2, at + 2)
    return [*kept[:gap], f"    {words}", *kept[gap:]] if len(kept) < count else list(new)


def _cut(new: Sequence[str], share: float) -> list[str]:
    return list(new[: max(1, int(len(new) * share))])


def _numbered(new: Sequence[str], form: str) -> list[str]:
    return [form.format(number) + line for number, line in enumerate(new, 1)]


def _curly(line: str) -> str:
    line = re.sub(r'"([^"]*)"', "\u201c\\1\u201d", line)
    return re.sub(r"'([^']*)'", "\u2018\\1\u2019", line)


def _reworded(old: Sequence[str], new: Sequence[str], change: Callable[[str], str]) -> str:
    return _whole(change(line) for line in new) if old else ""


_OTHER_FILE = ["def other(values):", '    """Of another file."""', "    return [value * 2 for value in values]"]


def _openai_patch(old: Sequence[str], new: Sequence[str]) -> str:
    at = _changed(old, new)
    above, below = (f" {line}" for line in old[max(0, at - 3) : at]), (f" {line}" for line in old[at + 1 : at + 4])
    hunk = [*above, f"-{old[at]}", f"+{new[at]}", *below]
    return "\n".join(["*** Begin Patch", "*** Update File: file", "@@", *hunk, "*** End Patch", ""])


FORMS: Mapping[str, Form] = {
    "as asked": lambda _old, new: _whole(new),
    "diff": lambda old, new: f"So.\n\n{_fenced(_diff(old, new, 3), 'diff')}",
    "diff without context": lambda old, new: f"So.\n\n{_fenced(_diff(old, new, 0), 'diff')}",
    "diff without a fence": lambda old, new: "\n".join(_diff(old, new, 3)) + "\n",
    "diff in a fence of code": lambda old, new: _whole(_diff(old, new, 3)),
    "diff of the whole piece": lambda old, new: _whole(line for line in difflib.ndiff(old, new) if line[0] != "?"),
    "before and after": lambda old, new: f"Before:\n{_fenced(old)}\nAfter:\n{_fenced(new)}",
    "after and before": lambda old, new: f"After:\n{_fenced(new)}\nInstead of:\n{_fenced(old)}",
    "the line, then the whole": lambda old, new: (
        f"Change this line:\n{_fenced([new[_changed(old, new)]])}\n{_whole(new)}"
    ),
    "the whole, then a usage": lambda _old, new: _whole(new, after=f"\nUsage:\n{_fenced(['run(1)', 'run(2)'])}"),
    "the whole, then another file": lambda _old, new: _whole(new, after=f"\nIn `other.py`:\n{_fenced(_OTHER_FILE)}"),
    "another file, then the whole": lambda _old, new: f"In `other.py`:\n{_fenced(_OTHER_FILE)}\nHere:\n{_fenced(new)}",
    "another file behind, in the same fence": lambda _old, new: _whole([*new, "", *_OTHER_FILE]),
    "only another file": lambda _old, _new: _whole(_OTHER_FILE),
    "only the changed line": lambda old, new: _whole([new[_changed(old, new)]]),
    "the changed line and its neighbours": lambda old, new: _whole(
        new[max(0, _changed(old, new) - 2) : _changed(old, new) + 3]
    ),
    "numbers with a bar": lambda _old, new: _whole(_numbered(new, "{}| ")),
    "numbers with a colon": lambda _old, new: _whole(_numbered(new, "{}: ")),
    "numbers as of cat": lambda _old, new: _whole(_numbered(new, "{:6}\t")),
    "numbers as comments": lambda _old, new: _whole(_numbered(new, "/* {} */ ")),
    "left out: ...": lambda old, new: _whole(_elided(old, new, "...")),
    "left out: # ...": lambda old, new: _whole(_elided(old, new, "# ...")),
    "left out: // rest unchanged": lambda old, new: _whole(_elided(old, new, "// rest unchanged")),
    "left out: # (unchanged)": lambda old, new: _whole(_elided_once(old, new, "# (unchanged)")),
    "left out: # no changes here": lambda old, new: _whole(_elided_once(old, new, "# no changes here")),
    "left out: # [snip]": lambda old, new: _whole(_elided_once(old, new, "# [snip]")),
    "left out: // ... (existing implementation)": lambda old, new: _whole(
        _elided_once(old, new, "// ... (existing implementation)")
    ),
    "left out: /* same as before */": lambda old, new: _whole(_elided_once(old, new, "/* same as before */")),
    "left out: # Keep the rest of the code": lambda old, new: _whole(
        _elided_once(old, new, "# Keep the rest of the code")
    ),
    "left out: <!-- ... -->": lambda old, new: _whole(_elided_once(old, new, "<!-- ... -->")),
    "left out: [...]": lambda old, new: _whole(_elided_once(old, new, "[...]")),
    "left out without a word": lambda old, new: _whole(
        line for line in _elided_once(old, new, "\0") if line.strip() != "\0"
    ),
    "cut at a third, fence closed": lambda _old, new: _whole(_cut(new, 0.34)),
    "cut at two thirds, fence closed": lambda _old, new: _whole(_cut(new, 0.67)),
    "cut at nine tenths, fence closed": lambda _old, new: _whole(_cut(new, 0.9)),
    "cut in a line, fence open": lambda _old, new: _whole(new)[: int(len(_whole(new)) * 0.8)],
    "the beginning is missing": lambda _old, new: _whole(new[len(new) // 3 :]),
    "explained in the fence, first": lambda _old, new: _whole(["Here is the corrected code:", "", *new]),
    "explained in the fence, last": lambda _old, new: _whole([*new, "", "I changed the name as the message says."]),
    "explained in comments, first": lambda _old, new: _whole(["# Fixed: the name was wrong", *new]),
    "explained at the line, #": lambda old, new: _whole(
        f"{line}  # fixed" if number == _changed(old, new) else line for number, line in enumerate(new)
    ),
    "explained at the line, //": lambda old, new: _whole(
        f"{line} // <-- changed" if number == _changed(old, new) else line for number, line in enumerate(new)
    ),
    "an arrow at the line": lambda old, new: _whole(
        f"{line}   <-- here" if number == _changed(old, new) else line for number, line in enumerate(new)
    ),
    "the old line as a comment, #": lambda old, new: _whole(_with_old_line(old, new, "# {}")),
    "the old line as a comment, //": lambda old, new: _whole(_with_old_line(old, new, "// {}")),
    "the old line as a comment, /* */": lambda old, new: _whole(_with_old_line(old, new, "/* was: {} */")),
    "what it was, behind the line": lambda old, new: _whole(
        f"{line}  # was: {old[number].strip()}" if number == _changed(old, new) else line
        for number, line in enumerate(new)
    ),
    "the path first": lambda _old, new: _whole(["src/shop/cart.py", *new]),
    "the path first, in a comment": lambda _old, new: _whole(["# src/shop/cart.py", *new]),
    "the language first": lambda _old, new: _whole(["python", *new]),
    "bold marks in the line": lambda old, new: _whole(
        f"**{line}**" if number == _changed(old, new) else line for number, line in enumerate(new)
    ),
    "HTML entities": lambda old, new: _reworded(old, new, lambda line: html.escape(line, quote=False)),
    "HTML entities, quotes too": lambda old, new: _reworded(old, new, html.escape),
    "curly quotes": lambda old, new: _reworded(old, new, _curly),
    "dashes": lambda old, new: _reworded(
        old, new, lambda line: line.replace("--", "\u2014").replace(" - ", " \u2013 ")
    ),
    "no-break spaces": lambda old, new: _reworded(
        old, new, lambda line: "\xa0" * len(_indent(line)) + line[len(_indent(line)) :]
    ),
    "no-break spaces between words": lambda old, new: _reworded(
        old, new, lambda line: _indent(line) + line.lstrip().replace(" ", "\xa0", 1)
    ),
    "zero width spaces": lambda old, new: _reworded(old, new, lambda line: f"\u200b{line}" if line.strip() else line),
    "escaped for Markdown": lambda old, new: _reworded(old, new, lambda line: re.sub(r"([_*])", r"\\\1", line)),
    "escaped quotes": lambda old, new: _reworded(old, new, lambda line: line.replace('"', '\\"')),
    "as a JSON string": lambda _old, new: _whole([json.dumps("\n".join(new))]),
    "CRLF": lambda _old, new: _whole(new).replace("\n", "\r\n"),
    "blank lines doubled": lambda _old, new: _whole(part for line in new for part in (line, "")),
    "blank lines dropped": lambda _old, new: _whole(line for line in new if line.strip()),
    "one level deeper": lambda old, new: _reworded(old, new, lambda line: f"    {line}" if line.strip() else line),
    "first line without indentation": lambda _old, new: _whole([new[0].lstrip(), *new[1:]]),
    "all without indentation": lambda old, new: _reworded(old, new, str.lstrip),
    "half the indentation": lambda old, new: _reworded(
        old, new, lambda line: line[len(_indent(line)) // 2 :] if line.strip() else line
    ),
    "written twice in one fence": lambda _old, new: _whole([*new, "", *new]),
    "old and new in one fence": lambda old, new: _whole([*old, "", *new]),
    "conflict marks": lambda old, new: _whole(
        ["<<<<<<< HEAD", *old, "=======", *new, ">>>>>>> fix"],
    ),
    "two search blocks, one wrong": lambda old, new: (
        _search(old, new) + "\n" + "<<<<<<< SEARCH\nno such line at all\n=======\nnor this one\n>>>>>>> REPLACE\n"
    ),
    "search block, its new part has more lines": lambda old, new: _search(_near(old, new, 0)[0], _near(old, new, 2)[1]),
    "search block, its old part has more lines": lambda old, new: _search(_near(old, new, 2)[0], _near(old, new, 0)[1]),
    "search block without indentation": lambda old, new: _search(
        *([line.strip() for line in part] for part in _near(old, new, 1))
    ),
    "patch of OpenAI's": _openai_patch,
    "search block in small letters": lambda old, new: _search(old, new).replace("SEARCH", "search"),
    "search block without an end": lambda old, new: _search(old, new).replace(">>>>>>> REPLACE\n", ""),
    "search block of HTML entities": lambda old, new: _search(
        [html.escape(line) for line in old], [html.escape(line) for line in new]
    ),
}


def _search(old: Sequence[str], new: Sequence[str]) -> str:
    return "\n".join(["So.", "", "<<<<<<< SEARCH", *old, "=======", *new, ">>>>>>> REPLACE", ""])


def _near(old: Sequence[str], new: Sequence[str], reach: int) -> tuple[Sequence[str], Sequence[str]]:
    """The changed line and ``reach`` lines on both sides, before and after."""
    at = _changed(old, new)
    part = slice(max(0, at - reach), at + reach + 1)
    return old[part], new[part]


def _with_old_line(old: Sequence[str], new: Sequence[str], comment: str) -> list[str]:
    at = _changed(old, new)
    return [*new[:at], _indent(new[at]) + comment.format(old[at].strip()), *new[at:]]


def in_form(form: Form) -> Answer:
    """What a model says that answers in ``form`` to whatever was asked."""
    return lambda _prompt, old, new, _at: form(old, new)


async def form_outcomes(chosen: Sequence[Sample], seed: int, forms: Iterable[str] = FORMS) -> dict[str, list[Outcome]]:
    """By form, every case that the model could be asked about; each form answers a part of the cases."""
    every = list(cases(chosen, seed, WAYS))
    names = list(forms)
    found: dict[str, list[Outcome]] = {name: [] for name in names}
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(Path(folder), has_silent_tool=True)
        for number, case in enumerate(_shuffled(every, seed)):
            name = names[number % len(names)]
            desk.answer = in_form(FORMS[name])
            outcome = await desk.run(case)
            if outcome is not None:
                found[name].append(outcome)
        await desk.service.aclose()
    return found


def _shuffled(every: list[Case], seed: int) -> list[Case]:
    random.Random(seed).shuffle(every)
    return every


def is_silent(outcome: Outcome) -> bool:
    """Whether more than the word has changed, and the edit is applied without asking: the tool is silent about it."""
    return outcome.beyond and not outcome.asks


def table(found: Mapping[str, Sequence[Outcome]]) -> str:
    """A row for each form."""
    rows = [f"{'form':44}{'cases':>7}{'right':>7}{'asks':>7}{'refused':>9}{'silent':>8}"]
    for name, part in found.items():
        right = sum(not one.beyond and not one.refused for one in part)
        asks = sum(one.beyond and one.asks for one in part)
        refused = sum(bool(one.refused) for one in part)
        rows.append(f"{name:44}{len(part):7}{right:7}{asks:7}{refused:9}{sum(map(is_silent, part)):8}")
    return "\n".join(rows)


def main() -> int:
    """See the module."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--form", default="")
    parser.add_argument("--verbose", action="store_true")
    given = parser.parse_args()
    forms = [given.form] if given.form else list(FORMS)
    found = asyncio.run(form_outcomes(samples(given.files, given.seed, whole_machine=True), given.seed, forms))
    print(table(found))
    for name, part in found.items():
        for one in part:
            if is_silent(one) and given.verbose:
                print(
                    f"--- {name}: {one.case.sample.path}:{one.case.line + 1} ({one.case.way}, {one.case.sample.family})"
                )
                print(f"      {one.difference()}")
    return int(any(is_silent(one) for part in found.values() for one in part))


if __name__ == "__main__":
    sys.exit(main())
