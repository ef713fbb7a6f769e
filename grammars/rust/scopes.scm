[
  (line_comment)
  (block_comment)
] @comment
[
  (string_literal)
  (raw_string_literal)
  (char_literal)
] @string

(function_item name: (_) @name) @scope.function
(closure_expression) @scope.function
(impl_item type: (_) @name) @scope.class
(trait_item name: (_) @name) @scope.class
(struct_item name: (_) @name) @scope.class
(enum_item name: (_) @name) @scope.class
(union_item name: (_) @name) @scope.class
(mod_item name: (_) @name) @scope.class
[
  (if_expression)
  (for_expression)
  (while_expression)
  (loop_expression)
  (match_expression)
  (unsafe_block)
] @scope.block
