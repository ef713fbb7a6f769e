(comment) @comment
[
  (double_quote_scalar)
  (single_quote_scalar)
  (block_scalar)
] @string
(block_mapping_pair key: (_) @name value: (block_node)) @scope.block
