"""The protocol names of this project: settings section, notifications, requests, commands, URI scheme, capabilities.

Each name is written here once. LSP's own method names are constants of ``lsprotocol.types``. Every name is described in
``docs/reference/lsp-extensions.md``; the editors' plugins use the same ones.
"""

from __future__ import annotations

# The section of ``workspace/configuration``.
SECTION = "autothink"

# Notification to clients that announce ``experimental.autothinkStatus``.
STATUS = "autothink/status"

# Notifications and the request of our plugins.
FEEDBACK = "autothink/feedback"
CURSOR = "autothink/cursor"
LANGUAGE_SERVERS = "autothink/languageServers"
DOCUMENT_STATUS = "autothink/documentStatus"
MODELS = "autothink/models"

# The diagnostics of a document in which an edit was applied: a notification that requests them from clients that
# announce ``experimental.autothinkDiagnostics``, and the client's notification.
WATCH_DIAGNOSTICS = "autothink/watchDiagnostics"
DIAGNOSTICS = "autothink/diagnostics"

# Request for the definitions of names in a document, to clients that announce ``experimental.autothinkDefinitions``.
DEFINITIONS = "autothink/definitions"

# Request for the text that the user copied last, to clients that announce ``experimental.autothinkClipboard``.
CLIPBOARD = "autothink/clipboard"
# Request for the edit of a rename by the editor's own language servers, to clients that announce
# ``experimental.autothinkRename``.
RENAME = "autothink/rename"

# Notification that the answer to a completion request has come after its deadline, to clients that announce
# ``experimental.autothinkLateAnswer``; that it extends a suggestion, to those with
# ``experimental.autothinkLateExtension``.
LATE_ANSWER = "autothink/lateAnswer"

# Next edits, by the names of the Copilot language server, so that its clients work unchanged
# (``docs/reference/next-edit-protocol.md``).
NEXT_EDIT = "textDocument/copilotInlineEdit"
DID_SHOW_NEXT_EDIT = "textDocument/didShowInlineEdit"
DID_FOCUS = "textDocument/didFocus"
DID_SHOW_COMPLETION = "textDocument/didShowCompletion"
DID_PARTIALLY_ACCEPT_COMPLETION = "textDocument/didPartiallyAcceptCompletion"
CHANGED_STATUS = "didChangeStatus"
CHECK_STATUS = "checkStatus"
SIGN_IN = "signIn"
SIGN_OUT = "signOut"
# Our plugins report a dismissed next edit; Copilot's clients have no message for it.
DISMISSED_NEXT_EDIT = "autothink/didDismissNextEdit"

# ``workspace/executeCommand``. ``ACCEPTED`` is the command of a completion item: the only way in which an editor
# reports that a suggestion was accepted (``docs/reference/editors.md``, section 3).
ACCEPTED = "autothink.accepted"
ACCEPTED_NEXT_EDIT = "autothink.didAcceptNextEdit"
ACTION = "autothink.action"
ANSWER_NOW = "autothink.answerNow"
CANCEL = "autothink.cancel"
FOLLOW_UP = "autothink.followUp"
MORE_ACTIONS = "autothink.moreActions"
SHOW_THINKING = "autothink.showThinking"

# Beginnings of the tokens of ``$/progress``: what can be cancelled is an action or a download.
PROGRESS_PREFIX = "autothink-"
DOWNLOAD_PREFIX = "autothink-download-"

# Read-only documents that ``workspace/textDocumentContent`` serves. All editors treat them as Markdown; the VS Code
# extension recognizes its own language by the longer ending.
SCHEME = "autothink"
ENDING = ".autothink.md"

# Keys of ``ClientCapabilities.experimental``.
UNTRUSTED_WORKSPACE_CAPABILITY = "autothinkUntrustedWorkspace"
STATUS_CAPABILITY = "autothinkStatus"
DIAGNOSTICS_CAPABILITY = "autothinkDiagnostics"
DEFINITIONS_CAPABILITY = "autothinkDefinitions"
CLIPBOARD_CAPABILITY = "autothinkClipboard"
RENAME_CAPABILITY = "autothinkRename"
DETAILS_CAPABILITY = "autothinkDetails"
LATE_ANSWER_CAPABILITY = "autothinkLateAnswer"
LATE_EXTENSION_CAPABILITY = "autothinkLateExtension"
