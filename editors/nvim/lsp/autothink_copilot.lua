-- The same server by a name that sidekick.nvim looks for: it takes the first client with "copilot" in its name.
--   vim.lsp.enable("autothink_copilot")     next edits in sidekick.nvim
-- A server of its own, which shows no ghost text and offers no actions: those come from "autothink".
local config = require("autothink.client").config()
return {
  cmd = function(dispatchers, given)
    local place = assert(require("autothink.server").find(given and given.root_dir), "no autothink-lsp")
    local cmd = vim.list_extend(vim.deepcopy(place.cmd), { "serve" })
    local cwd = (given and given.cmd_cwd) or require("autothink.server").own_folder()
    return vim.lsp.rpc.start(cmd, dispatchers, { cwd = cwd, env = given and given.cmd_env })
  end,
  root_markers = { ".git" },
  settings = config.settings,
  init_options = { completion = { enabled = false }, assist = { enabled = false } },
}
