(create_table (object_reference name: (_) @name)) @definition.type
(create_view . (keyword_create) (object_reference name: (_) @name)) @definition.type
(create_function . (keyword_create) (object_reference name: (_) @name)) @definition.function
(create_index column: (_) @name) @definition.variable
(column_definition name: (_) @name) @definition.variable
