[
  (line_comment)
  (block_comment)
] @comment
[
  (string_literal)
  (multiline_string_literal)
  (character_literal)
] @string
(interpolation) @code

(function_declaration name: (_) @name) @scope.function
(secondary_constructor) @scope.function
(anonymous_initializer) @scope.function
(lambda_literal) @scope.function
(class_declaration name: (_) @name) @scope.class
(object_declaration name: (_) @name) @scope.class
(companion_object) @scope.class
[
  (if_expression)
  (for_statement)
  (while_statement)
  (do_while_statement)
  (when_expression)
  (try_expression)
] @scope.block
