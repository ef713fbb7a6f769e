"""``make release``: what a release consists of, in ``dist/``.

The source distribution, the wheel (built from it), the VS Code extension, the Neovim plugin, a CycloneDX SBOM of what
the wheel installs, and ``SHA256SUMS``. The time stamps are those of the last commit, so that two builds of one commit
have the same SBOM. Publishing is not done here: ``docs/contributing/releasing.md``.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
NAME = "autothink-lsp"
EXTRAS = ("embedded", "checkers")
SUMS = "SHA256SUMS"


def version() -> str:
    """The version in ``autothink_lsp/__init__.py``."""
    line = next(
        each for each in (ROOT / "autothink_lsp/__init__.py").read_text("utf-8").splitlines() if "__version__" in each
    )
    return line.split('"')[1]


def commit_time() -> datetime:
    """``SOURCE_DATE_EPOCH``, else the time of the last commit, else now."""
    seconds = os.environ.get("SOURCE_DATE_EPOCH")
    if not seconds:
        shown = subprocess.run(
            ["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True, check=False
        )
        seconds = shown.stdout.strip()
    return datetime.fromtimestamp(int(seconds), UTC) if seconds else datetime.now(UTC)


def requirements(dist: Distribution, extras: Iterable[str]) -> list[tuple[str, tuple[str, ...]]]:
    """Canonical names, and the extras asked of them, of what ``dist`` requires on this machine."""
    found = []
    for text in dist.requires or ():
        requirement = Requirement(text)
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            found.append((canonicalize_name(requirement.name), tuple(sorted(requirement.extras))))
    return found


def sbom(root: Distribution, extras: Iterable[str], at: datetime) -> dict[str, Any]:
    """A CycloneDX 1.6 document of ``root`` and of everything it needs, as installed here."""
    extras = tuple(extras)
    pending, seen, edges = [(root, extras)], {}, {}
    while pending:
        dist, asked = pending.pop()
        name = canonicalize_name(dist.name)
        seen[name] = dist
        for needed, needed_extras in requirements(dist, asked):
            try:
                needed_dist = distribution(needed)
            except PackageNotFoundError:  # for another platform, or an extra that is not installed
                continue
            edges.setdefault(name, set()).add(needed)
            if needed not in seen:
                pending.append((needed_dist, needed_extras))
    own = canonicalize_name(root.name)
    components = [_component(dist) for name, dist in sorted(seen.items()) if name != own]
    digest = json.dumps([components, root.version, at.isoformat()]).encode()
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.UUID(bytes=hashlib.sha256(digest).digest()[:16], version=4)}",
        "version": 1,
        "metadata": {
            "timestamp": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": {**_component(root), "type": "application"},
        },
        "components": components,
        "dependencies": [
            {"ref": _purl(seen[name]), "dependsOn": sorted(_purl(seen[each]) for each in edges.get(name, ()))}
            for name in sorted(seen)
        ],
    }


def _purl(dist: Distribution) -> str:
    return f"pkg:pypi/{canonicalize_name(dist.name)}@{dist.version}"


def _component(dist: Distribution) -> dict[str, Any]:
    metadata = dist.metadata
    licence = metadata.get("License-Expression") or metadata.get("License") or ""
    component = {
        "type": "library",
        "bom-ref": _purl(dist),
        "name": canonicalize_name(dist.name),
        "version": dist.version,
        "purl": _purl(dist),
    }
    if licence and "\n" not in licence and len(licence) <= 80:
        component["licenses"] = [{"license": {"name": licence}}]
    return component


def checksums(files: Iterable[Path]) -> str:
    """Lines that ``sha256sum -c`` reads."""
    return "".join(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in sorted(files))


def filled(formula: str, sdist: bytes) -> str:
    """The Homebrew formula with the version and the digest of the source distribution."""
    formula = "\n".join(line for line in formula.split("\n") if not line.startswith("#"))
    return formula.replace("@VERSION@", version()).replace("@SDIST_SHA256@", hashlib.sha256(sdist).hexdigest())


def neovim_plugin(folder: Path, at: datetime) -> bytes:
    """A ``.tar.gz`` of the plugin in the folder ``autothink.nvim``, to be unpacked below ``pack/*/start``.

    The same files and time give the same bytes.
    """
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=int(at.timestamp())) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                entry = tarfile.TarInfo(f"autothink.nvim/{file.relative_to(folder).as_posix()}")
                entry.size, entry.mtime, entry.mode = file.stat().st_size, int(at.timestamp()), 0o644
                with file.open("rb") as content:
                    archive.addfile(entry, content)
    return packed.getvalue()


def main() -> int:
    """Build into ``--out``, which is emptied of earlier releases' files before."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    parser.add_argument("--vsix", type=Path, help="the extension, as `make vsix` has built it")
    args = parser.parse_args()
    out: Path = args.out
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    at = commit_time()
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(int(at.timestamp()))}
    build = [sys.executable, "-P", "-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT)]
    built = subprocess.run(build, env=environment, capture_output=True, text=True, check=False)
    if built.returncode:
        sys.exit(built.stdout[-2000:] + built.stderr[-2000:])
    if args.vsix:
        shutil.copy(args.vsix, out / f"autothink-{version()}.vsix")
    document = sbom(distribution(NAME), EXTRAS, at)
    # An editable installation may be older than the source.
    document = json.loads(json.dumps(document).replace(f"{NAME}@{distribution(NAME).version}", f"{NAME}@{version()}"))
    document["metadata"]["component"]["version"] = version()
    (out / f"{NAME}-{version()}.cdx.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    sdist = next(out.glob("*.tar.gz"))
    (out / f"autothink.nvim-{version()}.tar.gz").write_bytes(neovim_plugin(ROOT / "editors/nvim", at))
    formula = (ROOT / "packaging/homebrew/autothink-lsp.rb").read_text(encoding="utf-8")
    (out / "autothink-lsp.rb").write_text(filled(formula, sdist.read_bytes()), encoding="utf-8")
    files = list(out.iterdir())
    (out / SUMS).write_text(checksums(files), encoding="utf-8")
    for file in sorted(out.iterdir()):
        print(f"{file.stat().st_size:>10,}  {file.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
