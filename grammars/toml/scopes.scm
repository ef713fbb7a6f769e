(comment) @comment
(string) @string
(table . (_) @name) @scope.block
(table_array_element . (_) @name) @scope.block
