"""Adds a model of the user's choice to the store: from a repository on the Hub, or from a file.

What is decided here: the digest is pinned before the download, a digest that changed since is refused, and the user
agrees to size and licence first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from attrs import evolve, frozen

from autothink_lsp.engines.models.catalogue import HubFile, ModelEntry, of_parts
from autothink_lsp.engines.models.gguf import read_gguf
from autothink_lsp.engines.models.hub_listing import (
    HubListing,
    ListedFile,
    choose_files,
    fetch_listing,
    parse_reference,
)
from autothink_lsp.engines.models.lock_file import add_to_lock, read_lock, remove_from_lock
from autothink_lsp.engines.models.pull import ModelPull
from autothink_lsp.engines.models.sources import DownloadProgress, LocalFileSource
from autothink_lsp.engines.models.store import ModelStore, file_digest
from autothink_lsp.errors import ModelError


@frozen
class NewModel:
    """A model that is about to be added. ``is_pinned`` means that an earlier download pinned the same digests."""

    entry: ModelEntry
    is_pinned: bool


def find_on_hub(store: ModelStore, text: str, name: str = "") -> NewModel:
    """Query the Hub for ``OWNER/REPO[:FILE or :QUANT]``. Blocks. Raises ``ModelError``, also for a changed file.

    ``name`` is what a model that was not added before is called; an empty name is made from the file's.
    """
    reference = parse_reference(text)
    listing = fetch_listing(reference.repository)
    files = choose_files(listing, reference.selector)
    added = read_lock(store.directory)
    key = (listing.repository, files[0].file)
    known = next((one for one in added if (one.hub.repository, one.hub.file) == key), None)
    if known is None:
        taken = frozenset(one.name for one in store.entries)
        return NewModel(_entry_from_hub(listing, files, taken, name), is_pinned=False)
    pinned = [one.sha256 for one in (known, *known.shards)]
    for old, new in zip(pinned, (file.sha256 for file in files), strict=False):
        if old != new:
            raise ModelError(
                f"{listing.repository} has changed {files[0].file}: its SHA-256 was {old} and is {new} now.",
                hint=f"If you trust the new file: `autothink-lsp model remove {known.name}`, then pull it again.",
            )
    if len(pinned) != len(files):
        raise ModelError(f"{listing.repository} has changed {files[0].file}: it has {len(files)} parts now.")
    return NewModel(known, is_pinned=True)


def add_from_hub(store: ModelStore, new: NewModel, progress: DownloadProgress) -> Path:
    """Pin the digests, download the files, and note what the file says about its memory. Raises ``ModelError``."""
    _add(store, new.entry)
    path = ModelPull(store).run(new.entry.name, progress)
    _note_memory(store, new.entry, path)
    return path


def add_file(store: ModelStore, file: Path, name: str, progress: DownloadProgress) -> Path:
    """Add a file that the user has, under ``name``; an empty name is made from the file's. Raises ``ModelError``."""
    model = read_gguf(file)
    name = re.sub(r"[^\w.+-]+", "-", (name or file.stem).lower(), flags=re.ASCII).strip("-.") or "model"
    digest = file_digest(file, lambda count: progress.report(count, model.size_bytes, "hashing"))
    known = next((one for one in store.entries if one.name == name), None)
    if known is not None and known.sha256 != digest:
        raise ModelError(
            f"Another file is installed as {name}: its SHA-256 is {known.sha256}, that of {file} is {digest}.",
            hint=f"Choose another name, or `autothink-lsp model remove {name}` first.",
        )
    entry = ModelEntry(
        name=name,
        file_name=f"own--{name}.gguf",
        licence=model.licence,
        size_bytes=model.size_bytes,
        sha256=digest,
        kv_bytes_per_token=model.kv_bytes_per_token,
        hub=HubFile("", ""),
        wheel_parts=(),
    )
    if known is None:
        _add(store, entry)
    try:
        return ModelPull(store, (LocalFileSource(file),), is_local=True).run(name, progress)
    except ModelError:
        if known is None:
            remove_from_lock(store.directory, name)
        raise


def _add(store: ModelStore, entry: ModelEntry) -> None:
    try:
        add_to_lock(store.directory, entry)
    except OSError as error:
        raise ModelError(
            f"{store.directory} cannot be written: {error.strerror}.",
            hint="Set AUTOTHINK_HOME to a folder that you can write to.",
        ) from error


def _note_memory(store: ModelStore, entry: ModelEntry, path: Path) -> None:
    """Note the memory of a token of context. A file that is no model is removed again. Raises ``ModelError``."""
    try:
        kv_bytes = read_gguf(path).kv_bytes_per_token
    except ModelError:
        store.remove(entry.name)
        raise
    _add(store, evolve(entry, kv_bytes_per_token=kv_bytes))


def _entry_from_hub(listing: HubListing, files: Sequence[ListedFile], taken: frozenset[str], name: str) -> ModelEntry:
    """Return the entry of a model on the Hub. ``taken`` are names that belong to other models."""
    owner, _, repository = listing.repository.partition("/")
    stem = files[0].file.rpartition("/")[2].lower().removesuffix(".gguf")
    name = name or re.sub(r"-\d{5}-of-\d{5}$", "", stem)
    name = f"{name}-{owner.lower()}" if name in taken else name
    made = [
        ModelEntry(
            name=name,
            file_name=f"{owner}--{repository}--{file.file.rpartition('/')[2]}",
            licence=listing.licence,
            size_bytes=file.size_bytes,
            sha256=file.sha256,
            kv_bytes_per_token=0,
            hub=HubFile(listing.repository, file.file, listing.revision),
            wheel_parts=(),
        )
        for file in files
    ]
    return of_parts(made)
