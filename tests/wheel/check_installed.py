"""Run by `tests/wheel/run` with the interpreter of an empty environment that has nothing but the built wheel in it."""

import json
import subprocess
import sys
from pathlib import Path

import autothink_lsp
from autothink_lsp.syntax.grammar import Grammars
from autothink_lsp.syntax.health import error_count
from autothink_lsp.syntax.languages import LanguageRegistry

package = Path(autothink_lsp.__file__).parent
assert "site-packages" in str(package), f"imported from {package}, not from the installed wheel"
assert (package / "_grammars").is_dir(), "the wheel carries no grammars"
commands = {path.name for path in (package / "commands").iterdir()}
assert not commands & {"benchmarks", "lsp_client.py", "try_session.py"}, "the wheel carries what only a checkout needs"
assert (package / "py.typed").is_file()

assert LanguageRegistry().by_language_id("markdown") is not None, "the wheel lacks the folders without a grammar"
languages = [language for language in LanguageRegistry().all() if language.has_grammar]
assert len(languages) >= 24, [language.name for language in languages]
grammars = Grammars()
for language in languages:
    grammar = grammars.load(language)
    assert grammar is not None, language.name
    assert error_count(grammar, "\n") is not None, language.name
    for query in ("scopes", "imports", "definitions"):
        assert grammar.query(query) is not None, (language.name, query)

command = [sys.executable, "-m", "autothink_lsp"]
version = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True).stdout
assert autothink_lsp.__version__ in version
schema = json.loads(subprocess.run([*command, "config", "schema"], capture_output=True, text=True, check=True).stdout)
assert "completion" in json.dumps(schema)

body = b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":%b}}' % (
    b'{"textDocument":{"inlineCompletion":{}}}'
)
server = subprocess.run(
    [*command, "serve"],
    input=b"Content-Length: %d\r\n\r\n%b" % (len(body), body),
    capture_output=True,
    timeout=120,
    check=False,
)
assert b'"inlineCompletionProvider"' in server.stdout, server.stderr.decode()
print(f"the installed wheel works: {len(languages)} languages, {version.strip()}")
