"""Which answers to a raw completion say that the server has none: then the hole is sent as a chat."""

from __future__ import annotations

import json
from typing import Any

import pytest

from autothink_lsp.backends.credentials import Credentials
from autothink_lsp.backends.endpoint import Endpoint
from autothink_lsp.backends.http_errors import ErrorTranslator
from autothink_lsp.errors import BackendError, BadResponse
from autothink_lsp.features.chat_completion import lacks_completions

URL = "http://127.0.0.1:8000/v1"


def error_of(status: int, body: Any) -> BackendError:
    endpoint = Endpoint(URL)
    content = body if isinstance(body, str) else json.dumps(body)
    translator = ErrorTranslator(endpoint, Credentials(endpoint))
    return translator.from_status(status, {}, content.encode(), f"{URL}/completions")


# As servers and gateways answer where they have chats only.
CHAT_ONLY = {
    "empty": (404, ""),
    "nginx": (404, "<html><head><title>404 Not Found</title></head><body><h1>404 Not Found</h1></body></html>"),
    "Go": (404, "404 page not found\n"),
    "FastAPI": (404, {"detail": "Not Found"}),
    "FastAPI, other method": (405, {"detail": "Method Not Allowed"}),
    "Express": (404, "<pre>Cannot POST /v1/completions</pre>"),
    "Kong": (404, {"message": "no Route matched with those values"}),
    "not implemented": (501, ""),
    "llama.cpp": (
        501,
        {"error": {"code": 501, "message": "This server does not support completions.", "type": "not_supported_error"}},
    ),
    "OpenAI": (
        404,
        {
            "error": {
                "message": "This is a chat model and not supported in the v1/completions endpoint. Did you mean to "
                "use v1/chat/completions?",
                "type": "invalid_request_error",
            }
        },
    ),
    "Groq": (
        404,
        {
            "error": {
                "message": "Unknown request URL: POST /openai/v1/completions. Please check the URL for typos.",
                "code": "unknown_url",
            }
        },
    ),
    "Azure": (
        400,
        {
            "error": {
                "code": "OperationNotSupported",
                "message": "The completion operation does not work with the specified model, gpt-4o. Please choose "
                "different model and try again.",
            }
        },
    ),
    "vLLM": (400, {"object": "error", "message": "The model does not support Completions API", "code": 400}),
    "LM Studio": (400, {"error": "Unexpected endpoint or method. (POST /v1/completions)"}),
    "unknown endpoint": (400, {"error": {"message": "unknown endpoint"}}),
    "unknown path": (400, {"error": "Unknown path: /v1/completions"}),
    "no route": (400, {"success": False, "errors": [{"code": 7000, "message": "No route for that URI"}]}),
    "invalid URL": (404, {"error": {"message": "Invalid URL (POST /v1/completions)", "type": "invalid_request_error"}}),
    "invalid URL, 400": (400, {"error": {"message": "Invalid URL (POST /v1/completions)"}}),
    "unsupported endpoint": (400, {"error": {"message": "Unsupported endpoint: /v1/completions"}}),
    "endpoint not supported": (400, {"detail": "This endpoint is not supported. Use /chat/completions."}),
    "only beta": (
        400,
        {
            "error": {
                "message": 'completions api is only available when using beta api (set base_url="https://a.b/beta")'
            }
        },
    ),
    "unprocessable, with messages": (
        422,
        {"detail": [{"type": "missing", "loc": ["body", "messages"], "msg": "Field required"}]},
    ),
    "wants messages": (400, {"error": {"message": "'messages' is a required property"}}),
}


@pytest.mark.parametrize(("status", "body"), CHAT_ONLY.values(), ids=CHAT_ONLY)
def test_a_server_with_chats_only_is_recognised(status: int, body: Any) -> None:
    error = error_of(status, body)
    assert isinstance(error, BadResponse)
    assert lacks_completions(error)


# Another fault, which a chat would not mend: its own message is worth more.
OTHERS = {
    "no such model": (404, {"error": {"message": "The model `x` does not exist"}}),
    "no such model of Ollama": (404, {"error": 'model "x" not found, try pulling it first'}),
    "too long": (400, {"error": {"message": "This model's maximum context length is 4096 tokens, prompt is too long"}}),
    "wrong parameter": (400, {"error": {"message": "Unrecognized request argument supplied: cache_prompt"}}),
    "wrong value": (422, {"detail": [{"loc": ["body", "max_tokens"], "msg": "Input should be greater than 0"}]}),
    "bad prompt": (400, {"error": {"message": "prompt must be a string"}}),
    "a crash": (500, {"error": {"message": "CUDA out of memory"}}),
}


@pytest.mark.parametrize(("status", "body"), OTHERS.values(), ids=OTHERS)
def test_other_faults_are_reported_as_they_are(status: int, body: Any) -> None:
    error = error_of(status, body)
    assert not (isinstance(error, BadResponse) and lacks_completions(error))
