(comment) @comment
[
  (interpreted_string_literal)
  (raw_string_literal)
  (rune_literal)
] @string

(function_declaration name: (_) @name) @scope.function
(method_declaration name: (_) @name) @scope.function
(func_literal) @scope.function
(type_spec name: (_) @name type: [(struct_type) (interface_type)]) @scope.class
[
  (if_statement)
  (for_statement)
  (expression_switch_statement)
  (type_switch_statement)
  (select_statement)
] @scope.block
