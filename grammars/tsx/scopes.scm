(jsx_expression) @code
(jsx_element) @scope.block
