"""One download from the Hugging Face hub, in a process that ends when its parent does. Runs in the child.

Standard input's first line: ``{"parent_pid": …, "repository": "…", "file": "…", "folder": "…", "patience_s": …}``.
Standard output: ``found`` once the hub has answered for the file, then one line of JSON, ``{"path": "…"}`` or
``{"unreachable": "…"}`` or ``{"error": "…"}``. Other lines are the library's own.
"""

from __future__ import annotations

import json
import sys

from autothink_lsp.engines.tied_child import exit_when_parent_exits, read_line_from_parent


def main() -> None:
    """Ask for the file's metadata with a short patience, then download it."""
    start = json.loads(read_line_from_parent())
    exit_when_parent_exits(start["parent_pid"], death_signal=False)
    import huggingface_hub
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled

    repository, file = start["repository"], start["file"]
    try:
        # hf_hub_download alone tries five times with growing pauses, 23 s, even when there is no such host at all.
        url = huggingface_hub.hf_hub_url(repository, file)
        huggingface_hub.get_hf_file_metadata(url, timeout=start["patience_s"])
        _say("found")
        path = huggingface_hub.hf_hub_download(repository, file, local_dir=start["folder"])
    except (LocalEntryNotFoundError, OfflineModeIsEnabled) as error:
        _say(json.dumps({"unreachable": str(error)}))
    except HfHubHTTPError as error:
        _say(json.dumps({"error": str(error).partition("\n")[0]}))
    except OSError as error:
        _say(json.dumps({"error": str(error), "errno": error.errno}))
    except Exception as error:  # noqa: BLE001 - the library's HTTP client has changed once; its errors have no common base
        _say(json.dumps({"unreachable": f"{type(error).__name__}: {error}"}))
    else:
        _say(json.dumps({"path": path}))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
