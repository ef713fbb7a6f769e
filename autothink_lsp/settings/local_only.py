"""Settings for an untrusted workspace: nothing in it is sent to another machine."""

from __future__ import annotations

from attrs import evolve

from autothink_lsp.settings.load import LoadedSettings
from autothink_lsp.settings.model import EndpointSettings
from autothink_lsp.settings.reports import SettingWarning
from autothink_lsp.settings.types.address import is_loopback


def kept_on_this_machine(loaded: LoadedSettings) -> LoadedSettings:
    """The settings with remote roles switched off and the project's tests disabled, and a warning."""
    settings, away = loaded.settings, []
    for section, role in (("completion", settings.completion), ("assist", settings.assist)):
        if role.enabled and leaves_this_machine(role):
            settings = evolve(settings, **{section: evolve(role, enabled=False)})
            away.append(section)
    next_edit = settings.next_edit
    if next_edit.backend not in {"none", "embedded"} and next_edit.url and not is_loopback(next_edit.url):
        settings = evolve(settings, next_edit=evolve(next_edit, backend="none"))  # the rules need no server
        away.append("the next-edit model")
    settings = evolve(settings, assist=evolve(settings.assist, test_command=()))
    if not away:
        return evolve(loaded, settings=settings)
    message = (
        f"This workspace is not trusted, so {' and '.join(away)} with a server on another machine "
        f"{'are' if len(away) > 1 else 'is'} off. Trust the workspace, or use a model on this machine."
    )
    warning = SettingWarning("", "untrusted workspace", message)
    return evolve(loaded, settings=settings, warnings=(*loaded.warnings, warning))


def leaves_this_machine(role: EndpointSettings) -> bool:
    """Whether requests of the role are sent to another machine."""
    return role.backend != "embedded" and bool(role.url) and not is_loopback(role.url)
