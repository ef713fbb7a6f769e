"""The main module of a process that downloads one file from the Hugging Face Hub.

Start message: ``{"parent_pid": …, "repository": "…", "file": "…", "folder": "…", "timeout_s": …}``.
Standard output: ``found`` when the Hub has answered for the file, then one line of JSON, ``{"path": "…"}`` or
``{"unreachable": "…"}`` or ``{"error": "…"}``. Other lines are the library's own.
"""

from __future__ import annotations

import json
import sys

from autothink_lsp.processes.parent_death import exit_when_parent_exits, read_start_message


def main() -> None:
    """Query the file's metadata with a short timeout, then download it."""
    start = read_start_message()
    exit_when_parent_exits(start["parent_pid"], death_signal=False)
    import huggingface_hub
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled

    repository, file = start["repository"], start["file"]
    try:
        # hf_hub_download alone retries for 23 s, even if the host does not exist.
        url = huggingface_hub.hf_hub_url(repository, file)
        huggingface_hub.get_hf_file_metadata(url, timeout=start["timeout_s"])
        _print_line("found")
        path = huggingface_hub.hf_hub_download(repository, file, local_dir=start["folder"])
    except (LocalEntryNotFoundError, OfflineModeIsEnabled) as error:
        _print_line(json.dumps({"unreachable": str(error)}))
    except HfHubHTTPError as error:
        _print_line(json.dumps({"error": str(error).partition("\n")[0]}))
    except OSError as error:
        _print_line(json.dumps({"error": str(error), "errno": error.errno}))
    except Exception as error:  # noqa: BLE001 - the library's errors have no common base
        _print_line(json.dumps({"unreachable": f"{type(error).__name__}: {error}"}))
    else:
        _print_line(json.dumps({"path": path}))


def _print_line(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
