(function_declaration) @definition.function
(class_body (function_declaration) @definition.method)
(enum_class_body (function_declaration) @definition.method)
(protocol_function_declaration) @definition.method
(class_declaration) @definition.class
(protocol_declaration) @definition.type
(typealias_declaration) @definition.type
(source_file (property_declaration name: (pattern bound_identifier: (_) @name)) @definition.variable)
(class_body (property_declaration name: (pattern bound_identifier: (_) @name)) @definition.variable)
