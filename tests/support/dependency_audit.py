"""Asks public advisory services about the versions that we pin, with pip-audit in an environment of its own.

    python dependency_audit.py FOLDER      status 1: advisories for a version; 0: none, or no source to ask

pip-audit's own status says nothing here: it is 0 where the service knows none of the packages, which is what a mirror
of an index without its advisories looks like. Which packages were really looked up is read from its report.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
import venv
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PIP_AUDIT = "pip-audit>=2.10,<3"
SERVICES = ("pypi", "osv")


def pinned() -> list[str]:
    """Every exact version that constraints.txt and pyproject.toml name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    lines += [line for group in (project["dependencies"], *project["optional-dependencies"].values()) for line in group]
    return sorted({line for line in lines if "==" in line and not line.startswith("#")})


def judged(report: Any) -> tuple[int, list[str]]:
    """From pip-audit's JSON: how many packages were looked up, and what is known against them."""
    looked_up = [one for one in report["dependencies"] if "skip_reason" not in one]
    known = [
        f"{one['name']} {one['version']}: {found['id']} (mended in {', '.join(found['fix_versions']) or 'none yet'})"
        for one in looked_up
        for found in one["vulns"]
    ]
    return len(looked_up), known


def audit(folder: Path, service: str, versions: list[str]) -> tuple[int, list[str]] | None:
    """``None`` where the service cannot be reached."""
    wanted = folder / "versions.txt"
    wanted.write_text("\n".join(versions) + "\n", encoding="utf-8")
    done = subprocess.run(
        [
            *(str(folder / "bin" / "python"), "-m", "pip_audit", "-r", str(wanted), "--no-deps", "--disable-pip"),
            *("-s", service, "-f", "json", "--progress-spinner", "off", "--timeout", "20"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        return judged(json.loads(done.stdout))
    except (ValueError, KeyError, TypeError):
        return None


def main() -> int:
    """See the module."""
    folder = Path(sys.argv[1]).absolute()
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    install = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "-q", PIP_AUDIT]
    if subprocess.run(install, capture_output=True, check=False).returncode != 0:
        print(f"not audited: {PIP_AUDIT} cannot be had from this package index")
        return 0
    versions, known, most = pinned(), [], 0
    for service in SERVICES:
        answer = audit(folder, service, versions)
        looked_up, found = answer if answer is not None else (0, [])
        most, known = max(most, looked_up), known + found
        summary = f"{looked_up} of {len(versions)} versions looked up, {len(found)} advisories"
        print(f"{service}: {summary if looked_up else 'not reachable, or knows none of the packages'}")
    print(
        "\n".join(known) if known else "nothing is known against them" if most else "not audited: no source to ask here"
    )
    return int(bool(known))


if __name__ == "__main__":
    sys.exit(main())
