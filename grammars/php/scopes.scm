(comment) @comment
[
  (string)
  (encapsed_string)
  (heredoc)
  (nowdoc)
  (shell_command_expression)
] @string
(encapsed_string [(variable_name) (member_access_expression) (subscript_expression)] @code)

(function_definition name: (_) @name) @scope.function
(method_declaration name: (_) @name) @scope.function
(anonymous_function) @scope.function
(arrow_function) @scope.function
(class_declaration name: (_) @name) @scope.class
(interface_declaration name: (_) @name) @scope.class
(trait_declaration name: (_) @name) @scope.class
(enum_declaration name: (_) @name) @scope.class
[
  (if_statement)
  (for_statement)
  (foreach_statement)
  (while_statement)
  (do_statement)
  (switch_statement)
  (try_statement)
] @scope.block
