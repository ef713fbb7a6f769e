(using_directive !name [(identifier) (qualified_name)] @import.source) @import
(using_directive name: (_) @import.name [(identifier) (qualified_name)] @import.source) @import
