(jsx_expression) @code
(jsx_text) @string
(jsx_element) @scope.block
