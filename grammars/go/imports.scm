(import_spec path: (interpreted_string_literal (interpreted_string_literal_content) @import.source)) @import
(import_spec name: (_) @import.name) @import
