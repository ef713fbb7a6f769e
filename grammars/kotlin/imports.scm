(import (qualified_identifier) @import.source) @import
(import (qualified_identifier) (identifier) @import.name) @import
