(comment) @comment
(string) @string
(template_string) @string
(regex) @string
(template_substitution) @code

[
  (function_expression)
  (arrow_function)
] @scope.function
(function_declaration name: (_) @name) @scope.function
(generator_function_declaration name: (_) @name) @scope.function
(method_definition name: (_) @name) @scope.function
(variable_declarator name: (identifier) @name value: [(arrow_function) (function_expression)] @scope.function)
(public_field_definition name: (_) @name value: [(arrow_function) (function_expression)] @scope.function)
(assignment_expression
  left: (member_expression property: (_) @name) right: [(arrow_function) (function_expression)] @scope.function)
(class) @scope.class
(class_declaration name: (_) @name) @scope.class
(abstract_class_declaration name: (_) @name) @scope.class
(interface_declaration name: (_) @name) @scope.class
(enum_declaration name: (_) @name) @scope.class
(internal_module name: (_) @name) @scope.class
[
  (if_statement)
  (for_statement)
  (for_in_statement)
  (while_statement)
  (do_statement)
  (switch_statement)
  (try_statement)
] @scope.block
