(attribute
  (attribute_name) @_attribute
  (quoted_attribute_value (attribute_value) @name)
  (#eq? @_attribute "id")) @definition.variable
