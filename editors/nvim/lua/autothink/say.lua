-- Words to the user, all beginning with our name.

local M = {}

function M.info(text)
  vim.notify("AutoThink: " .. text, vim.log.levels.INFO)
end

function M.problem(text)
  vim.notify("AutoThink: " .. text, vim.log.levels.WARN)
end

-- By `MessageType` of the protocol.
local LEVELS = { vim.log.levels.ERROR, vim.log.levels.WARN, vim.log.levels.INFO, vim.log.levels.DEBUG }

--- A message of the server, which begins with our name.
---@param kind integer
---@param text string
function M.message(kind, text)
  vim.notify(text, LEVELS[kind] or vim.log.levels.INFO)
end

local told_missing = false

--- Once, unless the user asked for something that needs it.
---@param unasked? boolean
function M.missing_server(unasked)
  if unasked and told_missing then
    return
  end
  told_missing = true
  M.problem("autothink-lsp not found. Run :AutoThink install")
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
    -- What was done stands at the beginning, what came of it at the end.
    local length, head = vim.fn.strchars(line), math.floor(room * 0.4)
    line = vim.fn.strcharpart(line, 0, head) .. "…" .. vim.fn.strcharpart(line, length - (room - head - 1))
  end
  vim.api.nvim_echo({ { line } }, false, {})
end

---@param name "AutoThinkSuggestion"|"AutoThinkAccepted"|"AutoThinkThinking"|"AutoThinkDone"
---@param data table
function M.event(name, data)
  vim.api.nvim_exec_autocmds("User", { pattern = name, modeline = false, data = data })
end

return M
