-- Questions of the server and previews of its edits come when nothing is being typed, so that no key of the user
-- answers one by accident.

local M = {}

local IDLE_MS = 400

--- Call `ask` when nothing is being typed: in normal mode, with no key for a moment.
---@param ask fun()
function M.when_idle(ask)
  local last_ms, is_announced = vim.uv.now(), false
  local listener = vim.on_key(function()
    last_ms = vim.uv.now()
  end)
  local function look()
    local mode = vim.fn.mode(1)
    local is_normal = mode == "n" or mode == "nt" -- the second one in a terminal
    if vim.uv.now() - last_ms < IDLE_MS or not is_normal or vim.fn.getcmdwintype() ~= "" then
      if mode:sub(1, 1) == "i" and not is_announced then
        is_announced = true
        require("autothink.say").passing("AutoThink: A question is waiting. It is asked in normal mode.")
      end
      return vim.defer_fn(look, IDLE_MS)
    end
    vim.on_key(nil, listener)
    ask()
  end
  vim.defer_fn(look, IDLE_MS)
end

--- The text in lines of whole words, where Neovim's own list shows it: the message line breaks within words. Other
--- choosers show it as a title of one line.
---@param text string
local function in_lines(text)
  if not require("autothink.say").is_own(vim.ui.select, "vim/ui") then
    return text
  end
  local lines, line = {}, ""
  for word in text:gmatch("%S+") do
    if line ~= "" and vim.fn.strdisplaywidth(line .. " " .. word) >= vim.o.columns then
      lines[#lines + 1], line = line, word
    else
      line = line == "" and word or line .. " " .. word
    end
  end
  return table.concat(vim.list_extend(lines, { line }), "\n")
end

--- Whether the caller can wait for the answer: requests of a server are handled in a coroutine.
function M.can_ask()
  local _, is_main = coroutine.running()
  return not is_main
end

--- `window/showMessageRequest`.
---@param params lsp.ShowMessageRequestParams
---@return lsp.MessageActionItem|vim.NIL
function M.ask(params)
  local thread = assert(coroutine.running())
  M.when_idle(function()
    local options = {
      kind = "autothink",
      prompt = in_lines(params.message),
      format_item = function(action)
        return action.title
      end,
    }
    vim.ui.select(params.actions or {}, options, function(choice)
      vim.schedule(function()
        coroutine.resume(thread, choice or vim.NIL)
      end)
    end)
  end)
  return coroutine.yield()
end

return M
