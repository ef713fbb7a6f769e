"""Finds a GGUF file in a repository on the Hugging Face Hub, with the digest that the Hub states for it.

``GET /api/models/REPO?blobs=true`` lists the files; ``siblings[].lfs.sha256`` is the SHA-256 of a file's content (Hub
API documentation, "Repo info"). Nothing is downloaded here. ``HF_ENDPOINT`` names another hub, ``HF_TOKEN`` is sent to
it.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from attrs import frozen

from autothink_lsp.engines.models.sources import SourceUnreachableError
from autothink_lsp.errors import ModelError

_DEFAULT_ENDPOINT = "https://huggingface.co"
_TIMEOUT_S = 15.0
_AUTHORIZATION = "Authorization"
_MOST_LISTING_BYTES = 16 << 20
_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}", re.ASCII)
_FILE = re.compile(r"(?:[\w.+-]{1,96}/){0,4}[A-Za-z0-9][\w.+-]{0,190}\.gguf", re.ASCII | re.IGNORECASE)
_SHARD = re.compile(r"-(\d{5})-of-(\d{5})\.gguf$", re.IGNORECASE)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_QUANT = re.compile(r"(?:^|[-._])((?:UD-)?(?:I?Q\d\w*|BF16|F16|F32|MXFP4\w*))(?=[-._]|$)", re.IGNORECASE | re.ASCII)
_PREFERRED_QUANTS = ("Q4_K_M", "Q4_K_S", "IQ4_XS", "Q4_0", "MXFP4", "Q5_K_M", "Q8_0")


@frozen
class HubReference:
    """``OWNER/REPO`` with the name of a file or of a quantization, or without."""

    repository: str
    selector: str = ""


@frozen
class ListedFile:
    """A GGUF file of a repository. ``sha256`` is the Hub's digest of its content."""

    file: str
    size_bytes: int
    sha256: str

    @property
    def quantization(self) -> str:
        """The quantization in the file's name, in upper case; empty if there is none."""
        stem = _SHARD.sub("", self.file.rpartition("/")[2]).removesuffix(".gguf")
        found = _QUANT.findall(stem)
        return found[-1].upper() if found else ""


@frozen
class HubListing:
    """The GGUF files of one revision. ``licence`` is empty if the repository names none."""

    repository: str
    revision: str
    licence: str
    files: tuple[ListedFile, ...]


def parse_reference(text: str) -> HubReference:
    """Parse ``OWNER/REPO[:FILE or :QUANT]``. Raises ``ModelError``."""
    repository, _, selector = text.strip().partition(":")
    if not _REPOSITORY.fullmatch(repository) or (selector and not re.fullmatch(r"[\w./+-]{1,300}", selector, re.ASCII)):
        raise ModelError(
            f"{text!r} is not a repository of the Hugging Face Hub.",
            hint="Write OWNER/REPO, OWNER/REPO:QUANT or OWNER/REPO:FILE, for example Qwen/Qwen3-4B-GGUF:Q4_K_M.",
        )
    return HubReference(repository, selector)


def endpoint(environ: Mapping[str, str] | None = None) -> str:
    """The base URL of the hub, without a trailing slash. Raises ``ModelError`` if ``HF_ENDPOINT`` is no URL."""
    url = ((os.environ if environ is None else environ).get("HF_ENDPOINT") or _DEFAULT_ENDPOINT).rstrip("/")
    if not url.startswith(("https://", "http://")):
        raise ModelError("HF_ENDPOINT is not an http:// or https:// address.")
    return url


def fetch_listing(repository: str) -> HubListing:
    """Query the repository's files. Blocks. Raises ``ModelError``."""
    try:
        with open_url(f"{endpoint()}/api/models/{repository}?blobs=true") as answer:
            content = answer.read(_MOST_LISTING_BYTES)
        value = json.loads(content)
    except urllib.error.HTTPError as error:
        raise refused(repository, error.code) from error
    except (OSError, http.client.HTTPException) as error:
        raise unreachable(error) from error
    except ValueError as error:
        raise ModelError(f"{endpoint()} sent something that is not a list of files.") from error
    if not isinstance(value, dict):
        raise ModelError(f"{endpoint()} sent something that is not a list of files.")
    return _listing(repository, value)


def choose_files(listing: HubListing, selector: str) -> tuple[ListedFile, ...]:
    """Return the files of one model: one, or the parts of a split one in their order. Raises ``ModelError``."""
    models = _models(listing)
    if not models:
        raise ModelError(
            f"{listing.repository} has no GGUF file.", hint="Look for a repository of the model whose name has GGUF."
        )
    wanted = selector.lower()
    if wanted.endswith(".gguf"):
        found = [parts for parts in models if any(part.file.lower() == wanted for part in parts)]
    elif wanted:
        found = [parts for parts in models if parts[0].quantization.lower() == wanted]
    elif len(models) == 1:
        found = models
    else:
        found = next(
            (some for quant in _PREFERRED_QUANTS if (some := [m for m in models if m[0].quantization == quant])), []
        )
    if len(found) != 1:
        names = ", ".join(sorted({parts[0].quantization or parts[0].file for parts in models})[:20])
        problem = "has no" if not found else "has several files for"
        raise ModelError(
            f"{listing.repository} {problem} {selector or 'a quantization of 4 bits'}.", hint=f"It has: {names}."
        )
    _check_parts(found[0])
    return found[0]


def open_url(url: str, headers: Mapping[str, str] | None = None) -> Any:
    """Open a URL below ``endpoint``, with the token if ``HF_TOKEN`` is set. Raises ``OSError``, ``HTTPException``."""
    every = {"User-Agent": "autothink-lsp", **(headers or {})}
    request = urllib.request.Request(url, headers=every)  # noqa: S310 - ``endpoint`` checked the scheme
    if token := os.environ.get("HF_TOKEN", "").strip():
        request.add_unredirected_header(_AUTHORIZATION, f"Bearer {token}")
    return urllib.request.build_opener(_HttpRedirects()).open(request, timeout=_TIMEOUT_S)


def refused(repository: str, status: int) -> ModelError:
    """The error for an HTTP status of the hub."""
    if status in {401, 403}:
        return ModelError(
            f"{endpoint()} does not allow access to {repository} ({status}).",
            hint="It may not exist, or its licence must be accepted on its page first; then set HF_TOKEN.",
        )
    if status == http.client.NOT_FOUND:
        return ModelError(f"{endpoint()} has no repository or file {repository}.", hint="Check the spelling.")
    return ModelError(f"{endpoint()} answered {status} for {repository}.", hint="Try again later.")


def unreachable(error: Exception) -> SourceUnreachableError:
    """The error for a hub that does not answer."""
    reason = getattr(error, "reason", None) or error
    return SourceUnreachableError(
        f"{endpoint()} cannot be reached: {reason}.",
        hint="Check the network connection. HF_ENDPOINT sets a mirror of the Hub, HTTPS_PROXY a proxy.",
    )


class _HttpRedirects(urllib.request.HTTPRedirectHandler):
    """Follows redirections to http and https only. The token is an unredirected header: it is sent along to the hub
    itself, which redirects the requests for a renamed repository, and to no other host."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        if not newurl.startswith(("https://", "http://")) or (
            req.full_url.startswith("https://") and not newurl.startswith("https://")
        ):
            raise urllib.error.URLError(f"redirected to {newurl[:100]}")
        request = super().redirect_request(req, fp, code, msg, headers, newurl)
        token = req.unredirected_hdrs.get(_AUTHORIZATION)
        if request is not None and token and _origin(newurl) == _origin(req.full_url):
            request.add_unredirected_header(_AUTHORIZATION, token)
        return request


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.lower()


def _listing(repository: str, value: Mapping[str, Any]) -> HubListing:
    files: list[ListedFile] = []
    siblings = value.get("siblings")
    for sibling in siblings if isinstance(siblings, list) else []:
        match sibling:
            case {"rfilename": str(file), "lfs": {"sha256": str(sha256), "size": int(size_bytes)}}:
                usable = _FILE.fullmatch(file) and ".." not in file and _SHA256.fullmatch(sha256) and size_bytes > 0
                if usable and "mmproj" not in file.lower():
                    files.append(ListedFile(file, size_bytes, sha256))
            case _:
                pass  # not a large file, so not a model
    card = value.get("cardData")
    licence = card.get("license_name") or card.get("license") if isinstance(card, dict) else None
    if not licence:
        tags = value.get("tags")
        named = (tag for tag in tags if isinstance(tag, str) and tag.startswith("license:")) if tags else ()
        licence = next(iter(named), "").removeprefix("license:")
    revision = value.get("sha")
    if not isinstance(revision, str) or not re.fullmatch(r"[0-9a-f]{7,64}", revision):
        revision = "main"
    return HubListing(repository, revision, str(licence)[:80], tuple(files))


def _models(listing: HubListing) -> list[tuple[ListedFile, ...]]:
    """The files, the parts of a split model together."""
    models: dict[str, list[ListedFile]] = {}
    for file in sorted(listing.files, key=lambda one: one.file):
        models.setdefault(_SHARD.sub("", file.file), []).append(file)
    return [tuple(parts) for parts in models.values()]


def _check_parts(parts: tuple[ListedFile, ...]) -> None:
    shard = _SHARD.search(parts[0].file)
    expected = int(shard.group(2)) if shard else 1
    numbers = [int(found.group(1)) if (found := _SHARD.search(part.file)) else 1 for part in parts]
    if numbers != list(range(1, expected + 1)):
        raise ModelError(f"{parts[0].file} is one of {expected} parts, but the repository has only {len(parts)}.")
