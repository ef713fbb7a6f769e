(comment) @comment
(string) @string
(interpolation) @code

(function_definition name: (_) @name) @scope.function
(lambda) @scope.function
(class_definition name: (_) @name) @scope.class
[
  (if_statement)
  (for_statement)
  (while_statement)
  (with_statement)
  (try_statement)
  (match_statement)
] @scope.block
