"""The main module of a limited process that runs a program and its tests, and prints the result.

Usage: ``python_tests_main.py PROGRAM TESTS``, both files. The text on standard input is printed only after all tests
have run, so that a program that exits early does not pass; ``started`` is printed before the program begins, so that a
broken harness is not taken for a broken program. The first failure is one line of JSON. The program was written by a
model, so it gets no network, no writable files, no other processes, and little memory and CPU time.
"""

import ast
import contextlib
import json
import os
import sys
from types import FrameType

_CPU_SECONDS = 5
_MEMORY_BYTES = 1 << 30
_FORBIDDEN = (
    "socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.system", "os.kill", "os.remove", "os.rename",
    "os.rmdir", "os.truncate", "os.mkdir", "os.link", "os.symlink", "os.chmod", "ctypes.", "shutil.", "urllib.",
)  # fmt: skip


def main() -> int:
    """Run the program and its tests. Exit status 0 if all tests passed."""
    with open(sys.argv[1], encoding="utf-8") as file:  # noqa: PTH123 - a script that imports as little as it can
        program = file.read()
    with open(sys.argv[2], encoding="utf-8") as file:  # noqa: PTH123
        test = file.read()
    mark = sys.stdin.readline()
    out = os.dup(1)  # the program's output must not be mixed with ours
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    _limit()
    sys.argv[1:] = []
    sys.addaudithook(_guard)
    os.write(out, b"started\n")
    names = {"__name__": "__program__"}
    try:
        exec(compile(program, "<program>", "exec"), names)  # noqa: S102 - this is what it is for
        exec(compile(test, "<tests>", "exec"), names)  # noqa: S102
    except BaseException as error:  # noqa: BLE001 - SystemExit, too, is no success
        os.write(out, json.dumps(_described(error, test)).encode() + b"\n")
        return 1
    os.write(out, mark.encode())
    return 0


def _limit() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _guard(event: str, args: tuple) -> None:
    if event.startswith(_FORBIDDEN):
        raise PermissionError(event)
    if event == "open" and (set(str(args[1] or "r")) & set("wax+") or (args[1] is None and (args[2] or 0) & 3)):
        raise PermissionError(event)


def _described(error: BaseException, test: str) -> dict:
    """The failed assertion, and the actual value."""
    line, frame = 0, None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<tests>":
            line, frame = trace.tb_lineno, trace.tb_frame
        trace = trace.tb_next
    failure = f"{type(error).__name__}: {error}".rstrip(": ")
    node = _assertion(test, line)
    if node is None or frame is None:
        return {"message": f"The test fails: {failure}"[:600], "line": line}
    asserted = " ".join((ast.get_source_segment(test, node.test) or "").split())
    got = _got(node.test, frame) if isinstance(error, AssertionError) else f", but it raised {failure}"
    return {"message": f"The test fails: AssertionError: assert {asserted}{got}"[:600], "line": node.lineno}


def _assertion(test: str, line: int) -> ast.Assert | None:
    try:
        nodes = [node for node in ast.walk(ast.parse(test)) if isinstance(node, ast.Assert)]
    except SyntaxError:
        return None
    return next((node for node in nodes if node.lineno <= line <= (node.end_lineno or node.lineno)), None)


def _got(test: ast.expr, frame: FrameType) -> str:
    """The value of the call in ``assert call == expected``, computed by a second call."""
    if not (isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq)):
        return ""
    try:
        value = eval(compile(ast.Expression(test.left), "<got>", "eval"), frame.f_globals, frame.f_locals)  # noqa: S307
        text = f", but it is {value!r}"
    except BaseException:  # noqa: BLE001 - the program is not ours
        return ""
    return text


if __name__ == "__main__":
    os._exit(main())  # no exit handler of the program runs after the verdict
