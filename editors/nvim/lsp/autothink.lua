-- What `vim.lsp.enable("autothink")` starts. Works without setup(): actions, and an entry in the completion menu.
return require("autothink.client").config()
