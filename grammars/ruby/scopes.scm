(comment) @comment
[
  (string)
  (string_array)
  (symbol_array)
  (heredoc_body)
  (regex)
  (subshell)
] @string
(interpolation) @code

(method name: (_) @name) @scope.function
(singleton_method name: (_) @name) @scope.function
(lambda) @scope.function
(class name: (_) @name) @scope.class
(module name: (_) @name) @scope.class
(singleton_class) @scope.class
[
  (if)
  (unless)
  (while)
  (until)
  (for)
  (case)
  (begin)
  (do_block)
  (block)
] @scope.block
