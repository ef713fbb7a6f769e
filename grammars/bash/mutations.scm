; What `autothink_lsp/tuning/mutations.py` cannot tell by the names of the nodes.
(if_statement
  (command name: (command_name (word) @_name))
  (#any-of? @_name "return" "exit")) @guard
(test_operator) @operator
