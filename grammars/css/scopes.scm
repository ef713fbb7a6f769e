(comment) @comment
(string_value) @string
(rule_set (selectors) @name) @scope.block
(media_statement) @scope.block
(keyframes_statement (keyframes_name) @name) @scope.block
(supports_statement) @scope.block
