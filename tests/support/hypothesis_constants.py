"""The constants in our code that hypothesis tries as examples.

Hypothesis collects them from all imported modules that are neither installed nor Python's own. So the examples of a
test depend on the test files that were imported before it, and each session parses all of them. Here they come from
the package alone: the same examples in every session that has imported the package, in whatever order.
"""

from __future__ import annotations

from pathlib import Path

from hypothesis import configuration
from hypothesis.internal.conjecture import providers

ROOT = Path(__file__).parents[2]


def draw_constants_of(package: str) -> None:
    """Let hypothesis draw the constants of ``package``, a folder of the repository; of no module if it is empty.

    Hypothesis has no setting for it. Where a version has no such function, its own choice stays.
    """
    folder = f"{ROOT / package}/" if package else ""
    if hasattr(providers, "is_local_module_file"):
        providers.is_local_module_file = lambda path: bool(folder) and path.startswith(folder)  # pyright: ignore[reportPrivateImportUsage]


def collect_constants() -> None:
    """Parse the imported modules now: processes that are forked afterwards share the result."""
    collect = getattr(providers, "_get_local_constants", None)
    if collect is not None:
        collect()
        # The plugin of pytest, which is loaded later, would warn of what was read before it.
        forget = getattr(configuration, "notice_initialization_restarted", None)
        if forget is not None:
            forget(warn=False)
