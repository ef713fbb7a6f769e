[
  (line_comment)
  (block_comment)
] @comment
[
  (string_literal)
  (character_literal)
] @string
(string_interpolation) @code

(method_declaration name: (_) @name) @scope.function
(constructor_declaration name: (_) @name) @scope.function
(compact_constructor_declaration name: (_) @name) @scope.function
(lambda_expression) @scope.function
(class_declaration name: (_) @name) @scope.class
(interface_declaration name: (_) @name) @scope.class
(enum_declaration name: (_) @name) @scope.class
(record_declaration name: (_) @name) @scope.class
(annotation_type_declaration name: (_) @name) @scope.class
[
  (if_statement)
  (for_statement)
  (enhanced_for_statement)
  (while_statement)
  (do_statement)
  (switch_expression)
  (try_statement)
  (try_with_resources_statement)
] @scope.block
