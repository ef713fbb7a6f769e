[
  (comment)
  (marginalia)
] @comment
((literal) @string (#match? @string "^[A-Za-z]*'"))
(create_table (object_reference name: (_) @name)) @scope.block
(create_function (object_reference name: (_) @name)) @scope.function
(create_view (object_reference name: (_) @name)) @scope.block
