(comment) @comment
(string) @string
(pair key: (string (string_content) @name) value: [(object) (array)] @scope.block)
