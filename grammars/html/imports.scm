((start_tag
  (tag_name) @_tag
  (attribute (attribute_name) @_attribute (quoted_attribute_value (attribute_value) @import.source))) @import
  (#match? @_tag "^(link|script)$")
  (#match? @_attribute "^(href|src)$"))
