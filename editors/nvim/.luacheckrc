std = "luajit"
read_globals = { "vim" }
-- Options are set by assignment.
globals = { "vim.g", "vim.bo", "vim.wo", "vim.b", "vim.o", "vim.opt_local" }
max_line_length = 120
self = false
