"""pygls' protocol, extended so that every request gets exactly one reply, whatever its content and time.

Differences from pygls 2.1.1, each because of a measurement or its source code:

 - Text is kept in our own store. pygls' workspace splits lines at form feeds and the like and rebuilds the whole text
   at every edit.
 - A message that is no JSON, no JSON-RPC, or comes before ``initialize`` or after ``shutdown`` gets the error that LSP
   specifies; pygls logs it and leaves the client waiting.
 - An exception's text is never sent to the client, because it may contain code.
 - ``exit`` ends the main loop instead of raising ``SystemExit`` in a callback.
 - ``$/cancelRequest`` of a command cancels the command's task. pygls runs commands through a generator and cancels
   that: the reply is "cancelled" while the command continues.
 - Any answer to one of our requests ends the request. pygls drops a malformed answer, and its request waits for ever.
 - Parameters with an invalid value are repaired (``tolerant_params.py``); the error for unusable ones has the reason.
 - Finished requests of both sides are forgotten. pygls keeps a future for each notification and command with an
   asynchronous handler, and for each request that the client never answered, as long as it lives; and it takes a reply
   with the id of one of the client's requests for the result of that request.
"""

# pygls declares its built-in handlers as generators; ours are plain functions, which it also accepts.
# pyright: reportIncompatibleMethodOverride=false

from __future__ import annotations

import asyncio
import contextvars
import json
import logging
import math
import uuid
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import attrs
from cattrs.errors import BaseValidationError
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.protocol import LanguageServerProtocol
from pygls.protocol.language_server import lsp_method

from autothink_lsp.lsp import document_sync, request_log
from autothink_lsp.lsp.convert import content_changes
from autothink_lsp.lsp.fast_codec import (
    InlineCompletionPlace,
    InlineItem,
    decode_cancel,
    decode_change,
    decode_inline_completion,
    encode_cancelled,
    encode_inline_completion,
)
from autothink_lsp.lsp.names import DEFINITIONS
from autothink_lsp.lsp.tolerant_params import (
    NO_VERSION,
    UnusableParams,
    normalized,
    repaired,
    structured_without_errors,
)

if TYPE_CHECKING:
    from autothink_lsp.document.snapshot import ContentChange

logger = logging.getLogger(__name__)

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
SERVER_NOT_INITIALIZED = -32002
REQUEST_CANCELLED = -32800


class MalformedResult(Exception):
    """A client's answer to one of our requests does not conform to LSP. ``result`` is the answer as JSON."""

    def __init__(self, result: Any) -> None:
        super().__init__("the result is not what LSP says")
        self.result = result


_read_json = json.JSONDecoder().raw_decode
_NOT_STRUCTURED = (JsonRpcException, BaseValidationError, ValueError, TypeError, LookupError, RecursionError)
_CANCELLATIONS = frozenset({types.CANCEL_REQUEST, types.WINDOW_WORK_DONE_PROGRESS_CANCEL})
# Requests that are cancelled with ``$/cancelRequest`` when their answer is no longer needed.
_WITHDRAWN = (types.WINDOW_SHOW_MESSAGE_REQUEST,)
_ANY_RESULT = (
    types.WORKSPACE_APPLY_EDIT,
    types.WORKSPACE_CONFIGURATION,
    types.CLIENT_REGISTER_CAPABILITY,
    types.WINDOW_WORK_DONE_PROGRESS_CREATE,
    types.WORKSPACE_TEXT_DOCUMENT_CONTENT_REFRESH,
    DEFINITIONS,
)


def _error_of(error: Any) -> JsonRpcException:
    """Convert a client's error of any shape to an exception."""
    code, text = (error.get("code"), error.get("message")) if isinstance(error, dict) else (None, error)
    return JsonRpcException(message=str(text)[:500], code=code if type(code) is int else INTERNAL_ERROR)


def _outcome_of(error: Any) -> str:
    """The outcome of a request, for its closing line in the log."""
    if error is None:
        return "answered"
    return "cancelled" if error.code == REQUEST_CANCELLED else f"failed ({error.code})"


def _names_what_to_cancel(message: dict[str, Any]) -> bool:
    """Whether the id or token of a cancellation can be looked up: pygls uses it as the key of a table."""
    params = message.get("params")
    return isinstance(params, dict) and not isinstance(params.get("id", params.get("token")), list | dict)


def _may_be_id(value: object) -> bool:
    """Whether ``value`` is a valid JSON-RPC id, including ``null``. Other values are not hashable or ambiguous:
    ``true`` equals 1 in Python."""
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or (isinstance(value, str | int) and not isinstance(value, bool))


def _decoded(body: bytes) -> Any:
    """As ``json.loads``, which looks for the encoding and for blanks around the value: nearly no client has either."""
    try:
        text = body.decode()
        value, end = _read_json(text)
    except ValueError:
        return json.loads(body)
    return value if end == len(text) else json.loads(body)


class ProtocolHost(Protocol):
    """The server's interface for the protocol."""

    @property
    def documents(self) -> document_sync.DocumentSync:
        """The receiver of documents. Built at first use, after ``initialize``."""
        ...

    @property
    def at_once(self) -> Callable[[InlineCompletionPlace], list[InlineItem] | None]:
        """A function that returns the items of an inline completion, or ``None`` if its handler has to run. It does not
        raise."""
        ...

    @property
    def complete(self) -> Callable[[InlineCompletionPlace], Coroutine[Any, Any, list[InlineItem]]]:
        """The handler of an inline completion."""
        ...

    def end(self, status: int) -> None:
        """End the main loop; ``status`` is the exit status of the process."""
        ...

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Log an exception of a handler."""
        ...


class AutothinkProtocol(LanguageServerProtocol):
    """See the module's docstring."""

    _server: ProtocolHost  # pyright: ignore[reportIncompatibleVariableOverride]

    def __init__(self, server: Any, converter: Any) -> None:
        super().__init__(server, converter)
        self._sent_request_ids: set[Any] = set()  # ids of requests to the client

    def receive(self, body: bytes) -> None:
        """Process one message body. Never raises."""
        try:
            message = _decoded(body)
        except (ValueError, RecursionError):
            self._refuse(None, PARSE_ERROR, "The message is not valid JSON.")
            return
        if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
            self._refuse(
                message.get("id") if isinstance(message, dict) else None, INVALID_REQUEST, "Not a JSON-RPC 2.0 message."
            )
            return
        method = message.get("method")
        is_request = "id" in message and method is not None
        if is_request and not _may_be_id(message["id"]):
            self._refuse(None, INVALID_REQUEST, "id must be a string or a number.")
            return
        refusal = self._state_refusal(method)
        if refusal is not None:
            if is_request:
                self._refuse(message["id"], *refusal)
            return
        if method is None:
            self._receive_response(message)
            return
        if self._receive_plain(method, message, is_request=is_request):
            return
        try:
            structured = self._structured(method, message)
        except _NOT_STRUCTURED as error:
            self._refuse_params(method, message, error)
            return
        try:
            self.handle_message(structured)
        except Exception as error:  # noqa: BLE001 - the following messages must be processed
            logger.error("a %s could not be handled: %s", method, type(error).__name__)  # noqa: TRY400

    def _receive_plain(self, method: object, message: dict[str, Any], *, is_request: bool) -> bool:
        """Process one of the messages of each key without lsprotocol, or refuse it. Returns whether that was done."""
        if method == types.TEXT_DOCUMENT_DID_CHANGE and not is_request:
            self._receive_change(message)
            return True
        if method == types.TEXT_DOCUMENT_INLINE_COMPLETION and is_request and message["id"] is not None:
            place = decode_inline_completion(message.get("params"))
            if place is not None:
                run = contextvars.copy_context().run
                run(self._handle_request, message["id"], types.TEXT_DOCUMENT_INLINE_COMPLETION, place)
            return place is not None
        if method not in _CANCELLATIONS or is_request:
            return False
        number = decode_cancel(message.get("params")) if method == types.CANCEL_REQUEST else None
        if number is not None:
            self._handle_cancel_notification(number)
        elif _names_what_to_cancel(message):
            return False
        else:
            self._refuse_params(method, message, ValueError())
        return True

    def _receive_change(self, message: dict[str, Any]) -> None:
        """Process ``textDocument/didChange`` without lsprotocol, which treats an invalid range as the whole
        document."""
        params = message.get("params")
        try:
            change = decode_change(params) or decode_change(repaired(types.TEXT_DOCUMENT_DID_CHANGE, params))
        except UnusableParams as error:
            self._refuse_params(types.TEXT_DOCUMENT_DID_CHANGE, message, error)
            return
        if change is not None:
            self._changed(*change)

    def _structured(self, method: object, message: dict[str, Any]) -> Any:
        """The message as lsprotocol's type, with invalid values repaired. Raises one of ``_NOT_STRUCTURED``."""
        params = message.get("params")
        message["params"] = normalized(method, params)
        try:
            return self.structure_message(message)
        except (BaseValidationError, ValueError, TypeError, LookupError):
            logger.info("mending the parameters of a %s", method)
            message["params"] = repaired(method, params)
            return structured_without_errors(self._converter, message, self._kind_of(message))

    def _refuse_params(self, method: object, message: dict[str, Any], error: Exception) -> None:
        """Reply with the name of the unusable parameter. A lost change makes the text of its document unknown."""
        where = f": {error.path} is missing or of another type" if isinstance(error, UnusableParams) else ""
        logger.warning("dropped a malformed %s%s", method, where)
        if "id" in message:
            self._refuse(message["id"], INVALID_PARAMS, f"The parameters of {method} cannot be used{where}.")
        elif method == types.TEXT_DOCUMENT_DID_CHANGE:
            self._lose_change(message.get("params"))

    def _lose_change(self, params: Any) -> None:
        """Mark the text of a document as unknown after a ``textDocument/didChange`` that could not be parsed."""
        document = params.get("textDocument") if isinstance(params, dict) else None
        uri = document.get("uri") if isinstance(document, dict) else None
        if isinstance(uri, str):
            self._server.documents.did_lose_change(uri)

    def _receive_response(self, message: dict[str, Any]) -> None:
        """Process the client's answer to one of our requests; any answer ends the request."""
        number = message.get("id")
        if not isinstance(number, str | int) or number not in self._sent_request_ids:
            logger.debug("a response to nothing that was asked")
            return
        kind = self._result_types.pop(number, None)
        future = self._request_futures.pop(number, None)
        if future is None or future.done():
            return
        error, result = message.get("error"), message.get("result")
        if error is not None:
            future.set_exception(_error_of(error))
        elif kind is None:
            future.set_result(result)
        else:
            try:
                future.set_result(self._converter.structure({**message, "result": result}, kind).result)
            except _NOT_STRUCTURED:
                logger.info("an answer to %s that is not what LSP says", kind.__name__)
                future.set_exception(MalformedResult(result))

    def handle_message(self, message: Any) -> None:
        """Like pygls' method, but without its checks against run-time protocols, which took a seventh of a message's
        time."""
        method: Any = getattr(message, "method", None)
        if self._shutdown and method != types.EXIT:
            logger.debug("a message after shutdown")
            return
        run = contextvars.copy_context().run  # a handler gets its request's id from the context
        if hasattr(message, "id"):
            run(self._handle_request, message.id, method, message.params)
        else:
            run(self._handle_notification, method, message.params)

    def send_request(
        self,
        method: str,
        params: Any | None = None,
        callback: Callable[[Any], None] | None = None,
        msg_id: str | int | None = None,
    ) -> Future[Any]:
        """Like pygls' method, but an answered or abandoned request leaves nothing behind."""
        number = str(uuid.uuid4()) if msg_id is None else msg_id
        self._sent_request_ids.add(number)
        future = super().send_request(method, params, callback, number)

        def over(done: Future[Any]) -> None:
            self._sent_request_ids.discard(number)
            if done.cancelled() and method in _WITHDRAWN and self.writer is not None:
                self.notify(types.CANCEL_REQUEST, types.CancelParams(id=number))
            self._request_futures.pop(number, None)
            self._result_types.pop(number, None)

        future.add_done_callback(over)
        return future

    def get_result_type(  # pyright: ignore[reportIncompatibleVariableOverride] - pygls caches its own
        self, method: str
    ) -> type[Any] | None:
        """Like pygls' method, but ``None`` for methods with any kind of answer, which is then unconverted JSON."""
        return None if method in _ANY_RESULT else super().get_result_type(method)

    def _handle_request(self, msg_id: Any, method_name: str, params: Any) -> None:
        """Like pygls' method, but a command's task is the request's task, so that cancelling the request cancels the
        command."""
        request_log.begin(msg_id, method_name)
        if method_name == types.TEXT_DOCUMENT_INLINE_COMPLETION:
            try:
                is_place = isinstance(params, InlineCompletionPlace)
                self._complete(msg_id, params if is_place else InlineCompletionPlace.of(params))
            except Exception as error:  # noqa: BLE001 - the session may be built here
                logger.error("an inline completion could not be begun: %s", type(error).__name__)  # noqa: TRY400
                self._send_response(msg_id, error=types.ResponseError(INTERNAL_ERROR, ""))
            return
        if method_name != types.WORKSPACE_EXECUTE_COMMAND:
            super()._handle_request(msg_id, method_name, params)
            return
        handler = self.fm.commands.get(params.command)
        if handler is None:
            request_log.close("failed")
            self._refuse(msg_id, INVALID_PARAMS, f"There is no command {params.command[:80]!r}.")
            return
        request_log.note(command=params.command)
        self._ctx_msg_id.set(msg_id)
        reply = partial(self._send_handler_result, msg_id=msg_id)
        self._execute_handler(msg_id, handler, reply, tuple(params.arguments or ()))

    def _complete(self, msg_id: Any, place: InlineCompletionPlace) -> None:
        """Answer an inline completion now, or run its handler. pygls would look for the handler and its kind each
        time."""
        items = self._server.at_once(place)
        if items is not None:
            self._send_items(msg_id, items)
            return
        task = asyncio.get_running_loop().create_task(self._server.complete(place))
        futures: dict[Any, Any] = self._request_futures  # pygls names another class of futures than it puts there
        futures[msg_id] = task
        task.add_done_callback(partial(self._send_items_of, msg_id))

    def _send_items_of(self, msg_id: Any, task: asyncio.Task[list[InlineItem]]) -> None:
        if task.cancelled() or task.exception() is not None:
            self._send_handler_result(task, msg_id=msg_id)
            return
        self._request_futures.pop(msg_id, None)
        self._send_items(msg_id, task.result())

    def _send_items(self, msg_id: Any, items: list[InlineItem]) -> None:
        request_log.close("answered")
        self._send_body(encode_inline_completion(msg_id, items))

    def _send_body(self, body: str) -> None:
        """Like ``_send_data``, of JSON in ASCII."""
        if self.writer is None:
            logger.error("a reply without a client")
            return
        header = f"Content-Length: {len(body)}\r\nContent-Type: {self.CONTENT_TYPE}; charset={self.CHARSET}\r\n\r\n"
        self.writer.write((header + body).encode())

    def _handle_cancel_notification(self, msg_id: Any) -> None:
        """Cancel a request of the client, once. The reply is sent when its task has ended: as cancelled, or with the
        result if the cancellation was too late."""
        future = None if msg_id in self._sent_request_ids else self._request_futures.get(msg_id)
        if isinstance(future, asyncio.Task):
            if not future.cancelling():
                future.cancel()
        elif future is not None:
            future.cancel()

    def _send_handler_result(self, future: Any, *, msg_id: Any) -> None:
        """Like pygls' method, but a cancelled request costs no exception and no conversion."""
        if not future.cancelled():
            super()._send_handler_result(future, msg_id=msg_id)
            return
        self._request_futures.pop(msg_id, None)
        self._result_types.pop(msg_id, None)
        request_log.close("cancelled")
        self._send_body(encode_cancelled(msg_id))

    def _send_response(self, msg_id: Any, result: Any | None = None, error: Any = None) -> None:
        request_log.close(_outcome_of(error))
        if error is not None and error.code == INTERNAL_ERROR:
            error = types.ResponseError(INTERNAL_ERROR, "The request failed. See the server's log.")
        if error is None and result is not None and not self._is_serializable(result):
            self._result_types.pop(msg_id, None)
            error = types.ResponseError(INTERNAL_ERROR, "The result is nested too deep to be written as JSON.")
        super()._send_response(msg_id, result, error)

    def _is_serializable(self, result: Any) -> bool:
        """Whether a result can be sent. pygls only logs a result that cannot be serialized; a client's ``data``,
        returned with a code action, may be nested too deeply."""
        try:
            json.dumps(result, default=self._serialize_message)
        except (RecursionError, ValueError, TypeError):
            return False
        return True

    def _execute_handler(
        self, msg_id: Any, handler: Any, callback: Any, args: Any | None = None, kwargs: Any | None = None
    ) -> None:
        super()._execute_handler(msg_id, handler, callback, args, kwargs)
        if isinstance(callback, partial):
            return  # of a request: the reply forgets it
        future = self._request_futures.get(msg_id)
        if future is not None:
            future.add_done_callback(lambda done: self._forget(msg_id, done))

    def _forget(self, msg_id: Any, done: object) -> None:
        if self._request_futures.get(msg_id) is done:
            del self._request_futures[msg_id]

    def damaged(self, why: str) -> None:
        """Reply with a parse error to bytes that are not a message."""
        logger.warning("input: %s", why)
        self._refuse(None, PARSE_ERROR, f"Bytes that are no message: {why}.")

    def _state_refusal(self, method: object) -> tuple[int, str] | None:
        """The error code and text if a request may not be served in the current state; else ``None``."""
        if method is None or method == types.EXIT:
            return None
        if not isinstance(method, str):
            return INVALID_REQUEST, "method must be a string."
        if self._shutdown:
            return INVALID_REQUEST, "The server is shutting down."
        initialized = self._workspace is not None
        if method == types.INITIALIZE:
            return (INVALID_REQUEST, "initialize was sent twice.") if initialized else None
        return None if initialized else (SERVER_NOT_INITIALIZED, "initialize has not been sent yet.")

    def _refuse(self, msg_id: object, code: int, text: str) -> None:
        # LSP requires a reply with a null id if the id could not be parsed; lsprotocol's type does not allow it.
        self._send_data({"jsonrpc": "2.0", "id": msg_id, "error": {"code": code, "message": text}})

    def structure_message(self, data: dict[str, Any]) -> Any:
        """Like pygls' method, but without logging: the caller replies, and a traceback would contain the message's
        text."""
        data.setdefault("params", None)
        return self._converter.structure(data, self._kind_of(data))

    def _kind_of(self, data: dict[str, Any]) -> Any:
        """The type of a request or a notification. Raises ``ValueError`` for a request with a notification's method."""
        from pygls.protocol.json_rpc import JsonRPCNotification, JsonRPCRequestMessage

        fallback = JsonRPCRequestMessage if "id" in data else JsonRPCNotification
        kind: Any = self.get_message_type(data["method"]) or fallback
        if "id" in data and "id" not in attrs.fields_dict(kind):
            raise ValueError("a request by the name of a notification")  # its type has no id, so no reply would be sent
        return kind

    @lsp_method(types.SHUTDOWN)
    def lsp_shutdown(self, *_args: object) -> None:
        """Like pygls' method, but iterates over a copy, because cancelled futures remove themselves."""
        for number, future in tuple(self._request_futures.items()):
            if number != self.msg_id and not future.done():
                future.cancel()
        self._shutdown = True

    @lsp_method(types.EXIT)
    def lsp_exit(self, *_args: object) -> None:
        """End the main loop with LSP's exit status: 0 after ``shutdown``, else 1."""
        self._server.end(0 if self._shutdown else 1)

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        """Open a document."""
        document = params.text_document
        self._server.documents.did_open(document.uri, document.language_id, document.version, document.text)

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        """Change a document: each change applies to the text after the one before."""
        document = params.text_document
        self._changed(document.uri, document.version, content_changes(params.content_changes))

    def _changed(self, uri: str, version: int, changes: Sequence[ContentChange]) -> None:
        try:
            self._server.documents.did_change(uri, None if version == NO_VERSION else version, changes)
        except Exception as error:  # noqa: BLE001 - pygls does the same for every handler
            self._server.report_server_error(error, type(self).lsp_text_document__did_change)

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        """Close a document and free its text."""
        self._server.documents.did_close(params.text_document.uri)

    @lsp_method(types.NOTEBOOK_DOCUMENT_DID_OPEN)
    def lsp_notebook_document__did_open(self, params: types.DidOpenNotebookDocumentParams) -> None:
        """Open a notebook. Each cell is a separate document."""
        document_sync.open_notebook(self._server.documents, params)

    @lsp_method(types.NOTEBOOK_DOCUMENT_DID_CHANGE)
    def lsp_notebook_document__did_change(self, params: types.DidChangeNotebookDocumentParams) -> None:
        """Change the order of a notebook's cells and their texts."""
        document_sync.change_notebook(self._server.documents, params)

    @lsp_method(types.NOTEBOOK_DOCUMENT_DID_CLOSE)
    def lsp_notebook_document__did_close(self, params: types.DidCloseNotebookDocumentParams) -> None:
        """Close a notebook with all of its cells."""
        document_sync.close_notebook(self._server.documents, params)

    @lsp_method(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def lsp_workspace__did_change_workspace_folders(self, params: types.DidChangeWorkspaceFoldersParams) -> None:
        """Change the workspace folders, which determine the settings and the paths in prompts."""
        self._server.documents.did_change_folders(
            added=[folder.uri for folder in params.event.added], removed=[folder.uri for folder in params.event.removed]
        )
