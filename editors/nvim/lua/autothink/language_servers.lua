-- Tells the server which language servers this Neovim runs: it checks edits with instances of its own.

local M = {}

local told = {} ---@type table<integer, string> by client id: what it was told last

--- The programs of all running clients but ours, as absolute paths.
---@return string[]
function M.programs()
  local found = {} ---@type table<string, boolean>
  for _, client in ipairs(vim.lsp.get_clients()) do
    local cmd = client.config.cmd
    if client.name ~= "autothink" and type(cmd) == "table" and type(cmd[1]) == "string" then
      local program = vim.fn.exepath(cmd[1])
      if program ~= "" then
        found[program] = true
      end
    end
  end
  local programs = vim.tbl_keys(found)
  table.sort(programs)
  return programs
end

--- Tell our client, if there is anything new.
---@param client? vim.lsp.Client
function M.tell(client)
  if client == nil then
    return
  end
  local programs = M.programs()
  local words = table.concat(programs, "\n")
  if #programs > 0 and told[client.id] ~= words then
    told[client.id] = words
    client:notify("autothink/languageServers", { programs = programs })
  end
end

--- Tell it now and whenever another client attaches.
---@param client vim.lsp.Client
function M.watch(client)
  M.tell(client)
  vim.api.nvim_create_autocmd("LspAttach", {
    group = vim.api.nvim_create_augroup("autothink.language_servers", { clear = true }),
    callback = function()
      M.tell(require("autothink.client").get())
    end,
  })
end

return M
