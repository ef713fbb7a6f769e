(comment) @comment
[
  (string)
  (multiline_string)
  (character)
] @string

(function_declaration name: (_) @name) @scope.function
(test_declaration (string)? @name) @scope.function
(variable_declaration
  (identifier) @name
  [(struct_declaration) (enum_declaration) (union_declaration) (opaque_declaration)] @scope.class)
[
  (if_statement)
  (for_statement)
  (while_statement)
  (switch_expression)
] @scope.block
