(use_declaration argument: (_) @import.source) @import
(extern_crate_declaration name: (_) @import.source) @import
(mod_item name: (_) @import.source !body) @import
