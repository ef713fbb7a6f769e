(raw_string_literal) @string
(lambda_expression) @scope.function
(class_specifier name: (_)? @name body: (_)) @scope.class
(namespace_definition name: (_)? @name) @scope.class
(for_range_loop) @scope.block
(try_statement) @scope.block
