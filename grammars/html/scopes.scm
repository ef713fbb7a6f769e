(comment) @comment
(quoted_attribute_value) @string
(element (start_tag (tag_name) @name)) @scope.block
(script_element (start_tag (tag_name) @name)) @scope.block
(style_element (start_tag (tag_name) @name)) @scope.block
