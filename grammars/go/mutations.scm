; What `autothink_lsp/tuning/mutations.py` cannot tell by the names of the nodes.
(import_declaration (import_spec)) @import
