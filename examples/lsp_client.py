"""Ask the language server for a suggestion, in the fewest lines: ``python examples/lsp_client.py FILE LINE COLUMN``.

LINE and COLUMN count from 1. The request is a manual one, which waits for the model for as long as it takes.
"""

import json
import subprocess
import sys
from pathlib import Path

COMMAND = [sys.executable, "-P", "-m", "autothink_lsp", "serve"]


def main(file: Path, line: int, column: int) -> int:
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:

        def send(**message: object) -> None:
            body = json.dumps({"jsonrpc": "2.0", **message}).encode()
            server.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
            server.stdin.flush()

        def answer(to: int) -> object:
            while header := server.stdout.readline():
                while server.stdout.readline().strip():  # more headers, up to an empty line
                    pass
                message = json.loads(server.stdout.read(int(header.split(b":")[1])))
                if message.get("id") == to and "method" not in message:
                    return message.get("result")
                if "id" in message:  # a question to the user: no answer
                    send(id=message["id"], result=None)
            sys.exit("The server ended.")

        document = {"uri": file.resolve().as_uri()}
        send(id=1, method="initialize", params={"capabilities": {"textDocument": {"inlineCompletion": {}}}})
        answer(1)
        send(method="initialized", params={})
        opened = {**document, "languageId": file.suffix.lstrip("."), "version": 1, "text": file.read_text("utf-8")}
        send(method="textDocument/didOpen", params={"textDocument": opened})
        place = {"position": {"line": line - 1, "character": column - 1}, "context": {"triggerKind": 1}}
        send(id=2, method="textDocument/inlineCompletion", params={"textDocument": document, **place})
        items = answer(2)["items"]
        print(items[0]["insertText"] if items else "nothing")
        send(id=3, method="shutdown")
        answer(3)
        send(method="exit")
    return 0 if items else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
