"""Projects with real test runners: what is claimed of an edit, and what a test cannot reach.

Every project has the same mistake (``total`` subtracts) and the same tests: one fails, one passes.
"""

# ruff: noqa: E101, E501 - Go is indented with tabs

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import sys
import textwrap
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from autothink_lsp.verify.project_tests.project_copy import ProjectCopy
from autothink_lsp.verify.project_tests.runners import find_test_command
from autothink_lsp.verify.project_tests.service import ProjectTests, ProjectTestsRequest
from autothink_lsp.verify.report import CheckResult
from tests.support.plain_pytest import PLAIN_PYTEST, PYTEST_ARGUMENTS

pytestmark = [pytest.mark.process, pytest.mark.timeout(300)]

# A run of unittest takes 50 ms of CPU and one of pytest 250, and most tests are about what is made of the results.
UNITTEST = (sys.executable, "-m", "unittest", "discover", "-s", "tests")
WRONG = "def total(xs, tax):\n    return sum(xs) - tax\n\n\ndef count(xs):\n    return len(xs)\n"
RIGHT = WRONG.replace("- tax", "+ tax")
TESTS = """\
    import unittest
    from shop import count, total

    class Shop(unittest.TestCase):
        def test_total(self):
            assert total([1, 2], 3) == 6

        def test_count(self):
            assert count([1]) == 1
"""
PYTEST_TESTS = """\
    from shop import count, total

    def test_total():
        assert total([1, 2], 3) == 6

    def test_count():
        assert count([1]) == 1
"""


def project(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text))
    return folder


async def checked(
    folder: Path,
    after: str,
    command: tuple[str, ...] = UNITTEST,
    *,
    name: str = "shop.py",
    before: str | None = None,
    wall_s: float = 60.0,
    open_problem: bool = True,
    tests: ProjectTests | None = None,
) -> CheckResult:
    return await (tests or ProjectTests()).check(
        ProjectTestsRequest(
            command=command,
            folder=folder,
            file=folder / name,
            before=before if before is not None else (folder / name).read_text(),
            after=after,
            has_open_problem=open_problem,
            wall_s=wall_s,
        )
    )


LANGUAGES = {
    "pytest": ("shop.py", "- tax", "+ tax", {"shop.py": WRONG, "tests/test_shop.py": PYTEST_TESTS, "conftest.py": ""}),
    "unittest": (
        "shop.py",
        "- tax",
        "+ tax",
        {
            "shop.py": WRONG,
            "tests/test_shop.py": """\
                import unittest
                from shop import count, total

                class Shop(unittest.TestCase):
                    def test_total(self):
                        self.assertEqual(total([1, 2], 3), 6)

                    def test_count(self):
                        "Counts what there is."
                        print("a line of output")
                        self.assertEqual(count([1]), 1)
                """,
        },
    ),
    "node": (
        "shop.js",
        "- tax",
        "+ tax",
        {
            "package.json": '{"scripts": {"test": "node --test"}}',
            "shop.js": "exports.total = (a, tax) => a - tax;\nexports.count = (xs) => xs.length;\n",
            "shop.test.js": """\
                const test = require("node:test"), assert = require("node:assert"), shop = require("./shop");
                test("shop", async (t) => {
                  await t.test("total", () => assert.equal(shop.total(3, 3), 6));
                  await t.test("count", () => assert.equal(shop.count([1]), 1));
                });
                """,
        },
    ),
    "go": (
        "shop.go",
        "- tax",
        "+ tax",
        {
            "go.mod": "module example.com/shop\n\ngo 1.18\n",
            "shop.go": "package shop\n\nfunc Total(a, tax int) int { return a - tax }\n\nfunc One() int { return 1 }\n",
            "shop_test.go": """\
                package shop

                import "testing"

                func TestTotal(t *testing.T) {
                	if Total(3, 3) != 6 {
                		t.Fatalf("got %d", Total(3, 3))
                	}
                }

                func TestOne(t *testing.T) {
                	if One() != 1 {
                		t.Fatal("no")
                	}
                }
                """,
        },
    ),
    "cargo": (
        "src/lib.rs",
        "- tax",
        "+ tax",
        {
            "Cargo.toml": '[package]\nname = "shop"\nversion = "0.1.0"\nedition = "2021"\n',
            "src/lib.rs": "pub fn total(a: i32, tax: i32) -> i32 {\n    a - tax\n}\n\npub fn one() -> i32 {\n    1\n}\n",
            "tests/shop.rs": """\
                #[test]
                fn adds() {
                    assert_eq!(shop::total(3, 3), 6);
                }

                #[test]
                fn gives_one() {
                    assert_eq!(shop::one(), 1);
                }
                """,
        },
    ),
}


@pytest.fixture(scope="module", autouse=True)
def go_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One cache of compiled packages for all checks, as on a user's machine: the first build takes 2 s of CPU."""
    with pytest.MonkeyPatch.context() as patch:
        if "GOCACHE" not in os.environ:
            patch.setenv("GOCACHE", str(tmp_path_factory.mktemp("go")))
        yield


@pytest.mark.parametrize("language", LANGUAGES)
async def test_each_runner_proves_a_fix_and_names_what_an_edit_breaks(language: str, tmp_path: Path) -> None:
    name, wrong, right, files = LANGUAGES[language]
    folder = project(tmp_path / "shop", files)
    command = find_test_command(folder)
    assert command is not None
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    if language == "pytest":
        command = PLAIN_PYTEST
    text = (folder / name).read_text()
    tests = ProjectTests()
    good = await checked(folder, text.replace(wrong, right), command, name=name, tests=tests, wall_s=120)
    assert (good.verdict, good.is_proof, good.detail) == ("passed", True, "1 test failed before and passes now")
    bad = await checked(folder, text.replace(wrong, "* tax"), command, name=name, tests=tests, wall_s=120)
    assert (bad.verdict, bad.is_proof) == ("failed", False), bad
    assert "still fails" in bad.detail
    broken = (
        text.replace("len(xs)", "0")
        .replace("xs.length", "0")
        .replace("return 1", "return 2")
        .replace("\n    1", "\n    2")
    )
    worse = await checked(folder, broken, command, name=name, tests=tests, wall_s=120)
    assert worse.verdict == "failed", worse
    assert "fails now, and passed before" in worse.detail, worse.detail
    assert worse.new_findings[0].message
    assert str(tmp_path) not in worse.new_findings[0].message
    lost = await checked(folder, "}{ (\n", command, name=name, tests=tests, wall_s=120)
    assert lost.verdict == "failed", lost
    assert (folder / name).read_text() == text


async def test_tests_that_passed_before_prove_nothing(tmp_path: Path) -> None:
    folder = project(tmp_path, {"shop.py": RIGHT, "tests/test_shop.py": TESTS})
    result = await checked(folder, RIGHT.replace("sum(xs) + tax", "tax + sum(xs)"))
    assert (result.verdict, result.is_proof, result.detail) == ("passed", False, "2 tests pass")


async def test_a_test_that_is_edited_to_pass_proves_nothing(tmp_path: Path) -> None:
    folder = project(tmp_path, {"shop.py": WRONG, "tests/test_shop.py": TESTS})
    edited = (folder / "tests/test_shop.py").read_text().replace("== 6", "== 0")
    result = await checked(folder, edited, name="tests/test_shop.py")
    assert (result.verdict, result.is_proof) == ("passed", False)


async def test_a_failing_test_that_is_skipped_now_proves_nothing(tmp_path: Path) -> None:
    skipping = TESTS.replace("assert total", "import shop; shop.total or self.skipTest('no total'); assert total")
    folder = project(tmp_path, {"shop.py": WRONG, "tests/test_shop.py": skipping})
    result = await checked(folder, WRONG + "\n\ntotal = None\n")
    assert (result.verdict, result.is_proof) == ("passed", False), result


HANGS = "import time\n\n\ndef total(xs, tax):\n    time.sleep(1000)\n\n\ndef count(xs):\n    return 1\n"


async def test_tests_that_hang_after_the_edit_have_failed(tmp_path: Path) -> None:
    folder = project(tmp_path, {"shop.py": WRONG, "tests/test_shop.py": TESTS})
    tests = ProjectTests()
    started = time.monotonic()
    assert (await checked(folder, RIGHT, tests=tests, wall_s=120)).is_proof
    took_s = time.monotonic() - started  # four runs, so one of them is far shorter
    result = await checked(folder, HANGS, wall_s=took_s + 5, tests=tests)
    assert result.verdict == "failed"
    assert "no longer finish" in result.detail


async def test_tests_that_hang_without_the_edit_too_prove_nothing(tmp_path: Path) -> None:
    folder = project(tmp_path, {"shop.py": WRONG, "tests/test_shop.py": "import time\ntime.sleep(1000)\n"})
    result = await checked(folder, RIGHT, wall_s=3)
    assert (result.verdict, result.is_proof) == ("skipped", False)
    assert result.detail.startswith("tests could not run: they did not finish in")


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"tests/test_shop.py": "def helper():\n    pass\n"}, "no tests"),
        ({"tests/test_shop.py": "import missing_package\nimport shop\ndef test_a(): pass\n"}, "missing_package"),
        (
            {"tests/test_shop.py": PYTEST_TESTS, "pytest.ini": "[pytest]\naddopts = --no-such-option\n"},
            "unrecognized arguments",
        ),
        ({"tests/test_shop.py": PYTEST_TESTS, "conftest.py": "raise SystemExit(0)\n"}, "no tests"),
        ({"tests/test_shop.py": PYTEST_TESTS, "conftest.py": "import os\nos._exit(0)\n"}, "no tests"),
    ],
)
async def test_tests_that_cannot_run_prove_nothing_and_say_why(
    files: dict[str, str], reason: str, tmp_path: Path
) -> None:
    folder = project(tmp_path, {"shop.py": WRONG, **files})
    result = await checked(folder, RIGHT, PLAIN_PYTEST)
    assert (result.verdict, result.is_proof) == ("skipped", False), result
    assert result.detail.startswith("tests could not run: ")
    assert reason in result.detail


async def test_an_edit_that_ends_the_run_early_has_failed(tmp_path: Path) -> None:
    folder = project(tmp_path, {"shop.py": WRONG, "tests/test_shop.py": TESTS})
    result = await checked(folder, "import os\nos._exit(0)\n" + RIGHT)
    assert result.verdict == "failed"
    assert "no longer start" in result.detail


async def test_a_command_that_is_not_installed(tmp_path: Path) -> None:
    folder = project(tmp_path, {"shop.py": WRONG})
    result = await checked(folder, RIGHT, ("no-such-program", "test"))
    assert (result.verdict, result.detail) == ("skipped", "tests could not run: no-such-program is not installed")


async def test_tests_reach_only_the_copy(tmp_path: Path) -> None:
    """A test deletes and changes all that it can find, by relative path, by the original path and through links."""
    folder = project(
        tmp_path / "shop",
        {
            "shop.py": WRONG,
            "data/kept.txt": "kept",
            "node_modules/left/index.js": "kept",
            "tests/test_shop.py": """\
                import os, shutil, unittest
                from pathlib import Path
                from shop import total

                class Shop(unittest.TestCase):
                    def test_total(self):
                        os.environ.get("ORIGINAL")
                        for place in (Path("data"), Path("node_modules/left"), Path(Path("original.txt").read_text())):
                            shutil.rmtree(place, ignore_errors=True)
                            try:
                                (place / "kept.txt").write_text("changed")
                            except OSError:
                                pass
                        assert total([1, 2], 3) == 6
                """,
        },
    )
    (folder / "original.txt").write_text(str(folder / "data"))
    result = await checked(folder, RIGHT)
    assert result.is_proof, result
    assert (folder / "data/kept.txt").read_text() == "kept"
    if sys.platform == "linux" and (folder / "node_modules/left/index.js").exists() is False:
        pytest.skip("this system gives no user namespaces")
    assert (folder / "node_modules/left/index.js").read_text() == "kept"


async def test_a_test_that_deletes_its_data_does_not_disturb_the_next_run(tmp_path: Path) -> None:
    deleting = TESTS.replace("assert total", "import os; os.remove('data.txt'); open('new.txt', 'x'); assert total")
    folder = project(tmp_path, {"shop.py": WRONG, "data.txt": "1", "tests/test_shop.py": deleting})
    result = await checked(folder, RIGHT)
    assert (result.is_proof, result.detail) == (True, "1 test failed before and passes now")


async def test_no_process_of_a_run_survives(tmp_path: Path) -> None:
    forking = """\
        import subprocess, sys, unittest
        from shop import total

        class Shop(unittest.TestCase):
            def test_total(self):
                for detached in (False, True):
                    subprocess.Popen(
                        [sys.executable, "-c", "import time; time.sleep(600)", "survivor-of-a-test"],
                        start_new_session=detached,
                    )
                assert total([1, 2], 3) == 6
        """
    folder = project(tmp_path, {"shop.py": WRONG, "tests/test_shop.py": forking})
    assert (await checked(folder, RIGHT)).is_proof
    if sys.platform == "linux":
        assert not survivors("survivor-of-a-test")


async def test_a_cancelled_check_ends_its_processes(tmp_path: Path) -> None:
    hanging = """\
        import subprocess, sys, time
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", "child-of-a-cancelled-check"])
        time.sleep(600)
        """
    folder = project(tmp_path / "cancelled-check", {"shop.py": WRONG, "tests/test_shop.py": hanging})
    task = asyncio.create_task(checked(folder, RIGHT, wall_s=100))
    if sys.platform == "linux":
        async with asyncio.timeout(60):
            while not survivors("child-of-a-cancelled-check"):
                assert not task.done()
                await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    if sys.platform == "linux":
        assert not survivors("child-of-a-cancelled-check")


def survivors(word: str) -> list[str]:
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
                if word in line and "pytest tests/unit" not in line:
                    found.append(line)
        except OSError:
            continue
    return found


async def test_an_editable_installation_does_not_hide_the_edit(tmp_path: Path) -> None:
    """The installed path of the project's sources is that of the original folder; the tests must see the copy."""
    folder = project(tmp_path / "shop", {"src/shop.py": WRONG, "tests/test_shop.py": TESTS})
    site = folder / ".venv/lib/site"
    site.mkdir(parents=True)
    (folder / ".venv/pyvenv.cfg").write_text("")
    loader = (
        f"import sys, pytest; sys.path.append({str(folder / 'src')!r}); sys.exit(pytest.main({list(PYTEST_ARGUMENTS)}))"
    )
    result = await checked(folder, RIGHT, (sys.executable, "-c", loader), name="src/shop.py")
    assert (result.is_proof, result.detail) == (True, "the tests failed before and pass now")


async def test_the_result_without_the_edit_is_remembered_while_the_project_is_the_same(tmp_path: Path) -> None:
    counting = f"{TESTS}\n        def test_runs(self):\n            open({str(tmp_path / 'runs')!r}, 'a').write('x')\n"
    folder = project(tmp_path / "shop", {"shop.py": WRONG, "tests/test_shop.py": counting})
    tests = ProjectTests()
    first = await checked(folder, RIGHT, tests=tests)
    assert first.is_proof
    runs = len((tmp_path / "runs").read_text())
    assert runs == 8  # related tests and all tests, each without and with the edit, and all of it repeated for a proof
    await checked(folder, RIGHT + "\n", tests=tests)
    assert len((tmp_path / "runs").read_text()) == runs + 6
    (folder / "other.py").write_text("x = 1\n")
    await checked(folder, RIGHT + "\n\n", tests=tests)
    assert len((tmp_path / "runs").read_text()) == runs + 14


@pytest.mark.skipif(shutil.which("go") is None, reason="go is not installed")
async def test_no_run_of_go_is_answered_from_its_cache(tmp_path: Path) -> None:
    """``go test`` shows the result of an earlier run again if the sources are the same. A test that passes by chance
    would then pass in each repeated run, too."""
    runs = tmp_path / "runs"
    name, wrong, right, files = LANGUAGES["go"]
    counting = (
        files["shop_test.go"]
        .replace('import "testing"', 'import (\n\t"syscall"\n\t"testing"\n)')
        .replace(
            "\tif Total",
            f'\tf, _ := syscall.Open("{runs}", syscall.O_APPEND|syscall.O_CREAT|syscall.O_WRONLY, 0644)\n'
            '\tsyscall.Write(f, []byte("x"))\n\tif Total',
        )
    )
    folder = project(tmp_path / "shop", {**files, "shop_test.go": counting})
    text = (folder / name).read_text()
    result = await checked(folder, text.replace(wrong, right), ("go", "test", "./..."), name=name, wall_s=120)
    assert result.is_proof, result
    assert len(runs.read_text()) == 8  # as in the test above


async def test_tests_that_do_not_touch_the_file_are_run_afterwards(tmp_path: Path) -> None:
    elsewhere = """\
        import importlib, unittest

        class Elsewhere(unittest.TestCase):
            def test_elsewhere(self):
                assert importlib.import_module("sh" + "op").count([1]) == 1
        """
    related = """\
        import unittest
        from shop import total

        class Shop(unittest.TestCase):
            def test_total(self):
                assert total([1], 1) == 2
        """
    folder = project(
        tmp_path,
        {
            "shop.py": RIGHT,
            "tests/test_shop.py": related,
            "tests/test_z.py": elsewhere,
        },
    )
    result = await checked(folder, RIGHT.replace("len(xs)", "0"), open_problem=False)
    assert result.verdict == "failed"
    assert result.detail == "test_elsewhere fails now, and passed before"


async def test_a_network_port_of_the_user_stays_reachable_for_project_tests_only(tmp_path: Path) -> None:
    """Tests of the project may use the network, as when the user runs them; a model's new test file may not."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        connecting = f"""\
            import socket, unittest
            from shop import total

            class Shop(unittest.TestCase):
                def test_total(self):
                    socket.create_connection(("127.0.0.1", {port}), timeout=5).close()
                    assert total([1, 2], 3) == 6
            """
        folder = project(tmp_path, {"shop.py": RIGHT, "tests/test_shop.py": connecting})
        assert (await checked(folder, RIGHT + "\n")).verdict == "passed"
        new = folder / "tests/test_new.py"
        ran = await ProjectTests().check_new_file(
            UNITTEST, folder, new, {new: textwrap.dedent(connecting), folder / "shop.py": RIGHT}, wall_s=30
        )
        assert ran is not None
        if sys.platform == "linux":
            assert ran.verdict == "failed"


@pytest.mark.parametrize(
    ("text", "verdict", "detail"),
    [
        ("from shop import total\ndef test_a():\n    assert total([1], 1) == 2\n", "passed", "1 test passes"),
        (
            "from shop import total\ndef test_a():\n    assert total([1], 1) == 3\n",
            "failed",
            "1 of 1 tests fail: test_a",
        ),
        ("from shop import nothing\ndef test_a():\n    pass\n", "failed", "the tests do not run: "),
        ("x = 1\n", "failed", "the tests do not run: "),
        ("while True: pass\n", "failed", "the tests do not finish"),
    ],
)
async def test_a_new_test_file_is_run_alone(text: str, verdict: str, detail: str, tmp_path: Path) -> None:
    folder = project(tmp_path, {"shop.py": WRONG, "tests/test_shop.py": TESTS})
    new = folder / "tests/test_new.py"
    wall_s = 2 if "finish" in detail else 30
    ran = await ProjectTests().check_new_file(
        PLAIN_PYTEST, folder, new, {new: text, folder / "shop.py": RIGHT}, wall_s=wall_s
    )
    assert ran is not None
    assert (ran.verdict, ran.is_proof) == (verdict, False), ran
    assert ran.detail.startswith(detail)
    assert not new.exists()


def test_a_copy_follows_the_project_and_keeps_links_inside(tmp_path: Path) -> None:
    folder = project(
        tmp_path / "p",
        {
            "a.py": "1",
            "packages/one/index.js": "1",
            "node_modules/two/index.js": "2",
            "node_modules/@scope/three/index.js": "3",
            ".venv/pyvenv.cfg": "",
            ".git/HEAD": "",
            "target/debug/x": "",
        },
    )
    (folder / "node_modules/one").symlink_to("../packages/one")
    (folder / "inside.py").symlink_to("a.py")
    (folder / "outside").symlink_to("/etc/passwd")
    copy = ProjectCopy(folder.resolve(), tmp_path / "copy", {Path("a.py"): "edited"})
    copy.update()
    assert (copy.path / "a.py").read_text() == "edited"
    assert (copy.path / "inside.py").read_text() == "edited"
    assert (copy.path / "node_modules/one").resolve() == (copy.path / "packages/one").resolve()
    assert (copy.path / "node_modules/@scope/three/index.js").read_text() == "3"
    assert (copy.path / ".venv").is_symlink()
    assert not any((copy.path / name).exists() for name in ("outside", ".git", "target"))
    (copy.path / "made-by-a-test").mkdir()
    (copy.path / "packages/one/index.js").unlink()
    signature = copy.signature
    copy.update()
    assert not (copy.path / "made-by-a-test").exists()
    assert (copy.path / "packages/one/index.js").read_text() == "1"
    assert copy.signature == signature
    assert (folder / "a.py").read_text() == "1"
