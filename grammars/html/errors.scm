; The grammar keeps an end tag that closes nothing as a node of its own, not as an error.
(erroneous_end_tag) @error

; It also takes elements without an end tag; these are the ones that HTML lets go without.
((element
  (start_tag (tag_name) @_tag)
  [(element) (text) (comment) (script_element) (style_element) (self_closing_tag)] @error .)
  (#not-match? @_tag "^(p|li|dt|dd|option|optgroup|td|th|tr|thead|tbody|tfoot|colgroup|rt|rp|html|head|body)$"))
((element . (start_tag (tag_name) @_tag) @error .)
  (#not-match? @_tag "^(area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr|p|li|dt|dd|option|td|th|tr)$"))
