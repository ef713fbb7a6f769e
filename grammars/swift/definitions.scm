(function_declaration name: (simple_identifier) @name) @definition.function
(class_body (function_declaration name: (simple_identifier) @name) @definition.method)
(enum_class_body (function_declaration name: (simple_identifier) @name) @definition.method)
(protocol_function_declaration name: (simple_identifier) @name) @definition.method
(class_declaration name: (_) @name) @definition.class
(protocol_declaration name: (_) @name) @definition.type
(typealias_declaration name: (type_identifier) @name) @definition.type
(source_file (property_declaration name: (pattern bound_identifier: (_) @name)) @definition.variable)
(class_body (property_declaration name: (pattern bound_identifier: (_) @name)) @definition.variable)
