(document (pair . (_) @name) @definition.variable)
(table . (_) @name) @definition.variable
(table_array_element . (_) @name) @definition.variable
