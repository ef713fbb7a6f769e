"""Stores probe reports for each endpoint, model and server version. No keys, no code, no prompts."""

from __future__ import annotations

import contextlib
import json
import logging
from pathlib import Path
from typing import Any

from attrs import define

from autothink_lsp.features.probing.capabilities import ProbeReport
from autothink_lsp.settings.own_files import make_private_file

logger = logging.getLogger(__name__)

FILE_NAME = "probes.json"
_FORMAT = 1
_MOST = 64


@define
class ProbeStore:
    """A JSON file. Where it cannot be read or written, the endpoint is probed again."""

    path: Path

    def get(self, url: str, model: str, version: str) -> ProbeReport | None:
        """The report of this version of the server."""
        return _report(self._all().get(_key(url, model, version)))

    def latest(self, url: str, model: str) -> ProbeReport | None:
        """The newest report of any version, for callers that do not know the server's version."""
        begins = _key(url, model, "")
        reports = [_report(value) for key, value in self._all().items() if key.startswith(begins)]
        return max((report for report in reports if report is not None), key=lambda report: report.at_s, default=None)

    def put(self, report: ProbeReport) -> None:
        """Store ``report``; the oldest reports are dropped beyond a limit."""
        reports = self._all()
        found = report.capabilities
        reports[_key(report.url, found.model, found.version)] = report.to_json()
        newest = sorted(reports.items(), key=lambda item: -float(item[1].get("at_s", 0)))[:_MOST]
        draft = self.path.with_suffix(".draft")
        try:
            make_private_file(draft)
            draft.write_text(json.dumps({"format": _FORMAT, "reports": dict(newest)}), encoding="utf-8")
            draft.replace(self.path)
        except OSError as error:
            logger.warning("what was found out about the server could not be kept: %s", error)
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)

    def _all(self) -> dict[str, Any]:
        try:
            value = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        reports = value.get("reports") if isinstance(value, dict) and value.get("format") == _FORMAT else None
        return {k: v for k, v in reports.items() if isinstance(v, dict)} if isinstance(reports, dict) else {}


def _report(value: dict[str, Any] | None) -> ProbeReport | None:
    try:
        return ProbeReport.from_json(value) if value is not None else None
    except (TypeError, KeyError, ValueError):
        return None


def _key(url: str, model: str, version: str) -> str:
    return f"{url}\n{model}\n{version}"
