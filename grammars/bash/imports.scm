((command name: (command_name) @_command argument: (_) @import.source) @import
  (#match? @_command "^(source|\\.)$"))
