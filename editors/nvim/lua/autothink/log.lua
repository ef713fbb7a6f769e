-- The last lines of the server's log, and where they are shown.

local M = {}

local MOST_LINES = 2000
local LEVELS = { "error", "warning", "info", "log", "debug" }
local lines = {} ---@type string[]

---@param params lsp.LogMessageParams
function M.add(params)
  for line in vim.gsplit(params.message, "\n", { plain = true }) do
    lines[#lines + 1] = ("%s %s %s"):format(os.date("%H:%M:%S"), LEVELS[params.type] or "log", line)
  end
  if #lines > 2 * MOST_LINES then
    lines = vim.list_slice(lines, #lines - MOST_LINES + 1)
  end
end

function M.show()
  local text = #lines > 0 and lines or { "The server has said nothing yet." }
  local elsewhere = "What it writes to its standard error is in " .. vim.lsp.log.get_filename()
  text = vim.list_extend(vim.deepcopy(text), { "", elsewhere })
  require("autothink.report").show("AutoThink log", text)
end

return M
