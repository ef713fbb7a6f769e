[
  (comment)
  (block_comment)
] @comment
[
  (string)
  (interpolated_string)
  (character_literal)
] @string
(interpolation) @code

(function_definition name: (_) @name) @scope.function
(lambda_expression) @scope.function
(class_definition name: (_) @name) @scope.class
(trait_definition name: (_) @name) @scope.class
(object_definition name: (_) @name) @scope.class
(enum_definition name: (_) @name) @scope.class
[
  (if_expression)
  (for_expression)
  (while_expression)
  (match_expression)
  (try_expression)
] @scope.block
