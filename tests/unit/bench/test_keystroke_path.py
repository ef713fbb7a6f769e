"""The count of files and calls that a key runs through: it sees both paths, and the short one is short."""

from __future__ import annotations

from tests.bench.keystroke_path import FILTERS, measured


async def test_typing_along_runs_no_filter_and_less_code() -> None:
    traces = await measured()
    asked, along = traces["the model is asked"], traces["typed along"]
    service, filters = "features/completion/service.py", f"{FILTERS}pipeline.py"
    assert {service, filters, "features/completion/slot.py"} <= asked.files
    assert service in along.files
    assert not [file for file in along.files if file.startswith(FILTERS)]
    assert (service, "features/completion/scheduler.py") in asked.edges
    assert along.calls < asked.calls
