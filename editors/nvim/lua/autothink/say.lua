-- Words to the user, all beginning with our name.

local M = {}

function M.info(text)
  vim.notify("AutoThink: " .. text, vim.log.levels.INFO)
end

function M.problem(text)
  vim.notify("AutoThink: " .. text, vim.log.levels.WARN)
end

local told_missing = false

--- Once, unless the user asked for something that needs it.
---@param unasked? boolean
function M.missing_server(unasked)
  if unasked and told_missing then
    return
  end
  told_missing = true
  M.problem("its server (autothink-lsp) was not found. :AutoThink install makes an environment with it.")
end

--- One line that the next message replaces; never a "Press ENTER".
---@param text string
function M.passing(text)
  if not vim.fn.mode():match("^[niv]") then
    return -- a command or an answer is being typed there
  end
  local room = math.max(10, vim.o.columns - 14)
  local line = text:gsub("%s+", " ")
  if vim.fn.strdisplaywidth(line) > room then
    line = vim.fn.strcharpart(line, 0, room - 1) .. "…"
  end
  vim.api.nvim_echo({ { line } }, false, {})
end

---@param name "AutoThinkSuggestion"|"AutoThinkAccepted"|"AutoThinkThinking"|"AutoThinkDone"
---@param data table
function M.event(name, data)
  vim.api.nvim_exec_autocmds("User", { pattern = name, modeline = false, data = data })
end

return M
