"""Merges the layers: defaults < user file < project file < environment < client, each value with its origin.

Decides which values of an untrusted project file and of a TCP client apply (the rules are in ``model``). Never raises
for the content of files, variables or client settings: an unusable value is a warning, and all other values apply.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence, Set
from pathlib import Path

from attrs import evolve, frozen

from autothink_lsp.settings import paths
from autothink_lsp.settings.layers import Layer, layer_of_client, layer_of_environment, layer_of_file
from autothink_lsp.settings.model import STARTED_BACKENDS, Settings
from autothink_lsp.settings.reports import ClientTrust, Origin, SettingWarning
from autothink_lsp.settings.toml_file import TomlFile, read_toml_file
from autothink_lsp.settings.tree import Key, all_keys, section_classes
from autothink_lsp.settings.trust import TrustStore
from autothink_lsp.settings.types.base import one_line


@frozen
class LoadedSettings:
    """The settings that apply in one folder.

    ``origins`` has every dotted key. ``untrusted`` has the keys that would have another value if the user trusted the
    project's file; one of the ``warnings`` says the same in a sentence, with the command that gives trust.
    """

    settings: Settings
    origins: Mapping[str, Origin]
    warnings: tuple[SettingWarning, ...] = ()
    untrusted: tuple[str, ...] = ()


def load_settings(
    *,
    folder: Path | None = None,
    outer_folders: Sequence[Path] = (),
    environ: Mapping[str, str],
    client_layers: Sequence[tuple[str, object]] = (),
    user_file: Path | None = None,
    trust: TrustStore | None = None,
    client_trust: ClientTrust = "user",
) -> LoadedSettings:
    """Merge all layers for one workspace folder (``None``: no project file).

    ``client_layers`` are the editor's settings with the name of each origin (``initializationOptions``); later ones
    take precedence. ``outer_folders`` are the folders around ``folder``, outermost first: what their project files
    forbid is forbidden in ``folder``, too, and their other values do not apply. ``user_file`` defaults to the
    platform's path. Without ``trust`` no project is trusted.
    """
    user_file = user_file or paths.user_file(environ)
    user = read_toml_file(user_file)
    project = read_toml_file(folder / paths.PROJECT_FILE) if folder is not None else None
    layers: list[Layer] = []
    if isinstance(user, TomlFile):
        layers.append(layer_of_file("user file", user))
    layers.extend(_outer_layers(outer_folders))
    if isinstance(project, TomlFile):
        layers.append(layer_of_file("project file", project))
    layers.append(layer_of_environment(environ, folder))
    layers.extend(layer_of_client(name, raw, folder) for name, raw in client_layers)

    values, origins = _resolve_all(layers, client_trust, trusted=False)
    would_be, would_be_origins = _resolve_all(layers, client_trust, trusted=True)
    untrusted = tuple(dotted for dotted in values if values[dotted] != would_be[dotted])
    trusted = False
    if untrusted and folder and trust and isinstance(project, TomlFile) and trust.trusts(folder, project.content):
        values, origins, untrusted, trusted = would_be, would_be_origins, (), True
    refused: tuple[str, ...] = ()
    if client_trust != "user":
        obeyed, _ = _resolve_all(layers, "user", trusted=trusted)
        refused = tuple(dotted for dotted in values if values[dotted] != obeyed[dotted])

    warnings = [file for file in (user, project) if isinstance(file, SettingWarning)]
    warnings.extend(warning for layer in layers for warning in layer.warnings)
    warnings.extend(_contradictions(values, origins, {warning.key for warning in warnings}))
    if refused:
        warnings.append(_not_from_a_tcp_client(refused, user_file))
    if untrusted and folder is not None:
        warnings.append(_waits_for_trust(folder, untrusted))
    return LoadedSettings(_settings(values), origins, tuple(warnings), untrusted)


def _outer_layers(folders: Sequence[Path]) -> list[Layer]:
    files = [read_toml_file(folder / paths.PROJECT_FILE) for folder in folders]
    read = [layer_of_file("project file", file) for file in files if isinstance(file, TomlFile)]
    return [evolve(layer, warnings=(), forbids_only=True) for layer in read]  # that folder reports its warnings


def _resolve_all(
    layers: Sequence[Layer], client_trust: ClientTrust, *, trusted: bool
) -> tuple[dict[str, object], dict[str, Origin]]:
    """The value and origin of every key, with the project file trusted or not."""
    values: dict[str, object] = {}
    origins: dict[str, Origin] = {}
    for dotted, key in all_keys().items():
        values[dotted], origins[dotted] = _resolve(key, layers, client_trust, trusted=trusted)
    return values, origins


def _resolve(key: Key, layers: Sequence[Layer], client_trust: ClientTrust, *, trusted: bool) -> tuple[object, Origin]:
    """The value of one key and its origin."""
    value, origin = key.default, Origin("default")
    for layer in layers:
        restricted = (layer.kind == "project file" and not trusted) or (
            layer.kind == "client" and _is_restricted(key, client_trust)
        )
        for entry in layer.entries_of(key):
            merged = key.spec.type.merge(value, entry.value)
            if layer.forbids_only:
                counts = _forbidden(key, value, entry.value)
            else:
                counts = _without_trust(key, value, entry.value) if restricted else merged
            if counts != value or counts == merged:
                also = (Origin(origin.kind, origin.where), *origin.also) if counts != entry.value else ()
                origin = Origin(entry.origin.kind, entry.origin.where, also)
            value = counts
    return value, origin


def _is_restricted(key: Key, client_trust: ClientTrust) -> bool:
    """Whether a client may only narrow this setting. The choice of a server counts as its address."""
    if client_trust == "token":
        return key.spec.trust == "trusted" or key.name == "backend"
    return client_trust == "none"


def _without_trust(key: Key, below: object, above: object) -> object:
    """The value ``below``, changed by ``above`` as far as an untrusted source may."""
    if key.spec.trust == "always":
        return key.spec.type.merge(below, above)
    if key.spec.trust == "narrows":
        return _forbidden(key, below, above)
    return below


def _forbidden(key: Key, below: object, above: object) -> object:
    """The value ``below``, without what ``above`` forbids."""
    if key.spec.trust != "narrows":
        return below
    return above if above == key.spec.narrowest else key.spec.type.narrow(below, above)


def _contradictions(
    values: Mapping[str, object], origins: Mapping[str, Origin], ignored: Set[str]
) -> list[SettingWarning]:
    """Endpoints that cannot work: a server without an address, an address without a server that uses it. An address
    that was ``ignored`` has its warning already."""
    warnings: list[SettingWarning] = []
    for section in section_classes():
        backend, url = values.get(f"{section}.backend"), values.get(f"{section}.url")
        if backend is None or (backend == "none" and not url):
            continue
        model = values.get(f"{section}.model")
        if backend in STARTED_BACKENDS and not url and not model:
            key, message = (
                "backend",
                f'is "{backend}", but {section}.model is empty: name the model to serve',
            )
        elif section == "next_edit" and backend == "embedded":
            if values.get("embedded.next_edit_model") or values.get("embedded.next_edit_model_path"):
                continue
            key, message = "backend", 'is "embedded", but embedded.next_edit_model is empty: name the model to run'
        elif backend not in {"embedded", *STARTED_BACKENDS} and not url:
            if f"{section}.url" in ignored:
                continue
            key, message = "backend", f'is "{backend}", but {section}.url is empty: set it to the server\'s address'
        elif backend == "none":
            key, message = "url", f'is not used: {section}.backend is "none"; set it to "openai" or "llama-server"'
        elif backend == "embedded" and url and origins[f"{section}.backend"].kind == "default":
            key, message = "url", f'is not used: {section}.backend is "embedded"; set it to "openai" or "llama-server"'
        else:
            continue
        where = origins[f"{section}.{key}"].where
        warnings.append(SettingWarning(f"{section}.{key}", where, one_line(f"{section}.{key} ({where}) {message}.")))
    return warnings


def _waits_for_trust(folder: Path, keys: Sequence[str]) -> SettingWarning:
    file = folder / paths.PROJECT_FILE
    message = (
        f"{file} sets {', '.join(keys)}, which only a trusted folder may set. "
        f"Look at the file, then run: autothink-lsp trust {shlex.quote(str(folder))}"
    )
    return SettingWarning("", one_line(str(file)), one_line(message))


def _not_from_a_tcp_client(keys: Sequence[str], user_file: Path) -> SettingWarning:
    message = (
        f"The editor sent {', '.join(keys)}, which a client over TCP may not set. "
        f"Set it in {user_file} or in the environment of the server."
    )
    return SettingWarning("", "client", one_line(message))


def _settings(values: Mapping[str, object]) -> Settings:
    sections = {
        section: section_class(
            **{key.name: values[key.dotted] for key in all_keys().values() if key.section == section}
        )
        for section, section_class in section_classes().items()
    }
    return Settings(**sections)
