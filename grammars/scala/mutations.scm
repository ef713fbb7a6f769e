; What `autothink_lsp/tuning/mutations.py` cannot tell by the names of the nodes.
(operator_identifier) @operator
