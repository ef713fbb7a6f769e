; What `autothink_lsp/tuning/mutations.py` cannot tell by the names of the nodes.
(control_transfer_statement result: (_)) @return
