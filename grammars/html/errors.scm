; The grammar keeps an end tag that closes nothing as a node of its own, not as an error.
(erroneous_end_tag) @error
