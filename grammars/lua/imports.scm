((function_call
  name: (identifier) @_function
  arguments: (arguments (string content: (_) @import.source))) @import
  (#eq? @_function "require"))
