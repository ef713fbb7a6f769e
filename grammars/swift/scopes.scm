[
  (comment)
  (multiline_comment)
] @comment
[
  (line_string_literal)
  (multi_line_string_literal)
  (raw_string_literal)
] @string
(interpolated_expression) @code

(function_declaration) @scope.function
(init_declaration) @scope.function
(deinit_declaration) @scope.function
(lambda_literal) @scope.function
(class_declaration) @scope.class
(protocol_declaration) @scope.class
[
  (if_statement)
  (guard_statement)
  (for_statement)
  (while_statement)
  (repeat_while_statement)
  (switch_statement)
  (do_statement)
] @scope.block
