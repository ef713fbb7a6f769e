"""autothink-lsp: code completion on every keystroke, and thinking only where it pays. See ARCHITECTURE.md."""

__version__ = "0.2.0"
