(comment) @comment
[
  (string)
  (raw_string)
  (ansi_c_string)
  (heredoc_body)
] @string
[
  (command_substitution)
  (expansion)
  (simple_expansion)
] @code

(function_definition name: (_) @name) @scope.function
[
  (if_statement)
  (for_statement)
  (c_style_for_statement)
  (while_statement)
  (case_statement)
  (subshell)
] @scope.block
