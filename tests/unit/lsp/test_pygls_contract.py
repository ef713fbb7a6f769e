"""The private members of pygls that ``lsp/`` overrides or reads, with the signatures that it relies on.

Only the versions within the bound of ``pyproject.toml`` were tested. Run this before the bound is raised: it names a
member that is missing or takes other parameters, which would otherwise fail in the middle of a session.
"""

from __future__ import annotations

import ast
import inspect
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from pygls.feature_manager import FeatureManager
from pygls.lsp.server import LanguageServer
from pygls.progress import Progress
from pygls.protocol import LanguageServerProtocol, default_converter

from autothink_lsp.lsp.client import Client
from autothink_lsp.lsp.protocol import AutothinkProtocol
from autothink_lsp.lsp.server import AutothinkServer

FOLDER = Path(inspect.getfile(Client)).parent
ROOT = FOLDER.parents[1]

# Methods that we override or call, with the names of their parameters.
METHODS = {
    "_execute_handler": "self msg_id handler callback args kwargs",
    "_handle_cancel_notification": "self msg_id",
    "_handle_notification": "self method_name params",
    "_handle_request": "self msg_id method_name params",
    "_send_data": "self data",
    "_send_handler_result": "self future msg_id",
    "_send_response": "self msg_id result error",
    "_serialize_message": "self data",
    "get_message_type": "self method",
    "get_result_type": "self method",
    "handle_message": "self message",
    "notify": "self method params",
    "send_request": "self method params callback msg_id",
    "send_request_async": "self method params msg_id",
    "structure_message": "self data",
}
# Attributes of an instance, with their types.
ATTRIBUTES = {
    "_converter": "Converter",
    "_ctx_msg_id": "ContextVar",
    "_request_futures": "dict",
    "_result_types": "dict",
    "_server": "LanguageServer",
    "_shutdown": "bool",
    "_workspace": "NoneType",
    "fm": "FeatureManager",
    "trace": "TraceValue",
    "writer": "NoneType",
}
# Built-in handlers that we replace: pygls finds them by the name of the method.
REPLACED = {
    "exit": "lsp_exit",
    "shutdown": "lsp_shutdown",
    "textDocument/didOpen": "lsp_text_document__did_open",
    "textDocument/didChange": "lsp_text_document__did_change",
    "textDocument/didClose": "lsp_text_document__did_close",
    "notebookDocument/didOpen": "lsp_notebook_document__did_open",
    "notebookDocument/didChange": "lsp_notebook_document__did_change",
    "notebookDocument/didClose": "lsp_notebook_document__did_close",
    "workspace/didChangeWorkspaceFolders": "lsp_workspace__did_change_workspace_folders",
}


@pytest.fixture
def server() -> LanguageServer:
    return LanguageServer("contract", "1", protocol_cls=LanguageServerProtocol, converter_factory=default_converter)


@pytest.mark.parametrize(("name", "parameters"), METHODS.items())
def test_methods(name: str, parameters: str) -> None:
    method = getattr(LanguageServerProtocol, name)
    wrapped = inspect.unwrap(method)
    assert " ".join(inspect.signature(wrapped).parameters) == parameters


@pytest.mark.parametrize(("name", "kind"), ATTRIBUTES.items())
def test_attributes(server: LanguageServer, name: str, kind: str) -> None:
    assert type(getattr(server.protocol, name)).__name__ == kind


@pytest.mark.parametrize(("method", "name"), REPLACED.items())
def test_replaced_handlers(method: str, name: str) -> None:
    assert getattr(LanguageServerProtocol, name).method_name == method
    ours = AutothinkProtocol.__dict__[name]
    assert ours.method_name == method


def test_what_is_public_but_not_documented(server: LanguageServer) -> None:
    manager, progress = server.protocol.fm, server.work_done_progress
    assert isinstance(manager, FeatureManager)
    assert isinstance(progress, Progress)
    assert {type(one) for one in (manager.features, manager.commands, manager.feature_options, progress.tokens)} == {
        dict
    }
    assert list(inspect.signature(LanguageServer.report_server_error).parameters) == ["self", "error", "source"]
    assert issubclass(AutothinkServer, LanguageServer)


def test_every_private_member_that_we_use_is_listed() -> None:
    """A member of pygls is one of these modules' ``self._…`` and ``protocol._…`` that is not defined in them."""
    used: set[str] = set()
    for name, owners in (("protocol.py", {"self", "super"}), ("server.py", {"protocol"}), ("client.py", {"protocol"})):
        tree = ast.parse((FOLDER / name).read_text(encoding="utf-8"))
        members = {_member(node, owners) for node in ast.walk(tree)} - {""}
        own = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and _is_assigned(node)}
        own |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        inherited = {one for one in own if hasattr(LanguageServerProtocol, one) or one in ATTRIBUTES}
        used |= {one for one in members | inherited if one.startswith("_") and not one.startswith("__")}
        used -= own - inherited
    expected = {one for one in {*METHODS, *ATTRIBUTES} if one.startswith("_")}
    assert used == expected


def _member(node: ast.AST, owners: set[str]) -> str:
    """The member that an expression like ``self._x`` or ``self.protocol._x`` reads, of one of ``owners``."""
    if not isinstance(node, ast.Attribute):
        return ""
    value = node.value.func if isinstance(node.value, ast.Call) else node.value
    owner = value.attr if isinstance(value, ast.Attribute) else value.id if isinstance(value, ast.Name) else ""
    return node.attr if owner in owners else ""


def _is_assigned(node: ast.Attribute) -> bool:
    return isinstance(node.ctx, ast.Store)


def test_the_bound_is_what_was_tested() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (bound,) = (Requirement(one).specifier for one in project["dependencies"] if Requirement(one).name == "pygls")
    installed = metadata.version("pygls")
    major, minor = installed.split(".")[:2]
    assert installed in bound
    assert f"{major}.{int(minor) + 1}" not in bound
