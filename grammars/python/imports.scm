(future_import_statement "__future__" @import.source name: (_) @import.name) @import
(import_statement name: (dotted_name) @import.source) @import
(import_statement name: (aliased_import name: (_) @import.source alias: (_) @import.name)) @import
(import_from_statement module_name: (_) @import.source) @import
(import_from_statement name: (dotted_name) @import.name) @import
(import_from_statement name: (aliased_import alias: (_) @import.name)) @import
