(comment) @comment
[
  (string_literal)
  (verbatim_string_literal)
  (raw_string_literal)
  (character_literal)
  (interpolated_string_expression)
] @string
(interpolation) @code

(method_declaration name: (_) @name) @scope.function
(constructor_declaration name: (_) @name) @scope.function
(local_function_statement name: (_) @name) @scope.function
(property_declaration name: (_) @name accessors: (_)) @scope.function
(lambda_expression) @scope.function
(class_declaration name: (_) @name) @scope.class
(struct_declaration name: (_) @name) @scope.class
(record_declaration name: (_) @name) @scope.class
(interface_declaration name: (_) @name) @scope.class
(enum_declaration name: (_) @name) @scope.class
(namespace_declaration name: (_) @name) @scope.class
[
  (if_statement)
  (for_statement)
  (foreach_statement)
  (while_statement)
  (do_statement)
  (switch_statement)
  (try_statement)
  (using_statement)
  (lock_statement)
] @scope.block
