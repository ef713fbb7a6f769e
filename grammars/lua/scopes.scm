(comment) @comment
(string) @string

(function_definition) @scope.function
(function_declaration name: (_) @name) @scope.function
(assignment_statement
  (variable_list . name: (_) @name)
  (expression_list . value: (function_definition) @scope.function))
[
  (if_statement)
  (for_statement)
  (while_statement)
  (repeat_statement)
  (do_statement)
] @scope.block
