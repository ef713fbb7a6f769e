(comment) @comment
[
  (string_literal)
  (system_lib_string)
  (char_literal)
] @string

(function_definition
  declarator: (function_declarator declarator: (_) @name)) @scope.function
(function_definition
  declarator: (_ (function_declarator declarator: (_) @name))) @scope.function
(struct_specifier name: (_)? @name body: (_)) @scope.class
(union_specifier name: (_)? @name body: (_)) @scope.class
(enum_specifier name: (_)? @name body: (_)) @scope.class
[
  (if_statement)
  (for_statement)
  (while_statement)
  (do_statement)
  (switch_statement)
] @scope.block
