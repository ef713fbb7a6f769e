((variable_declaration
  (identifier) @import.name
  (builtin_function
    (builtin_identifier) @_builtin
    (arguments (string (string_content) @import.source)))) @import
  (#match? @_builtin "^@(import|cImport)$"))
