-- Words to the user, all beginning with our name.

local M = {}

local is_work_shown = false -- the newest of our messages is that of `M.work`

--- One line that fits into `room` columns. What was done stands at the beginning, what came of it at the end.
---@param text string
---@param room integer
local function shortened(text, room)
  local line = text:gsub("%s+", " ")
  if vim.fn.strdisplaywidth(line) > room then
    local length, head = vim.fn.strchars(line), math.floor(room * 0.4)
    line = vim.fn.strcharpart(line, 0, head) .. "…" .. vim.fn.strcharpart(line, length - (room - head - 1))
  end
  return line
end

--- Whether `value` is a function of Neovim's own, in a file with `path` in its name. A plugin may put a table there
--- that can be called (nvim-notify).
---@param value function|table
---@param path string
function M.is_own(value, path)
  return type(value) == "function" and debug.getinfo(value, "S").source:find(path, 1, true) ~= nil
end

--- Neovim's own `vim.notify` writes to the message line; one that a plugin has put there shows a window.
local function is_message_line()
  return M.is_own(vim.notify, "vim/_")
end

--- Whether there is neither a message line nor a plugin that shows messages elsewhere.
local function has_no_line()
  return vim.o.cmdheight == 0 and is_message_line()
end

--- A text that is too long for the message line, or any where there is none, would wait for "Press ENTER": all of it
--- goes to the log.
---@param text string
---@param level integer
local function notify(text, level)
  local room = math.max(10, vim.v.echospace)
  local is_long = text:find("\n") or vim.fn.strdisplaywidth(text) > room
  if has_no_line() or (is_message_line() and is_long) then
    local kind = level == vim.log.levels.ERROR and 1 or level == vim.log.levels.WARN and 2 or 3
    require("autothink.log").add({ type = kind, message = text })
    text = shortened(text, room)
  end
  is_work_shown = false
  if has_no_line() then
    return require("autothink.corner").show(text, false)
  elseif is_message_line() then
    M.clear()
  end
  vim.notify(text, level)
end

function M.info(text)
  notify("AutoThink: " .. text, vim.log.levels.INFO)
end

function M.problem(text)
  notify("AutoThink: " .. text, vim.log.levels.WARN)
end

-- By `MessageType` of the protocol.
local LEVELS = { vim.log.levels.ERROR, vim.log.levels.WARN, vim.log.levels.INFO, vim.log.levels.DEBUG }

--- A message of the server, which begins with our name. Its commands for a shell are those of the plugin here.
---@param kind integer
---@param text string
function M.message(kind, text)
  text = text:gsub("`autothink%-lsp model pull [^`]*`", ":AutoThink model")
  text = text:gsub("`autothink%-lsp doctor`", ":checkhealth autothink")
  notify(text, LEVELS[kind] or vim.log.levels.INFO)
end

--- Whether the message line is free for us: otherwise a command or the answer to a question is being typed there.
local function is_line_free()
  return vim.fn.mode():match("^[niv]") ~= nil
end

--- Take away what stands in the message line: a second line below it would wait for "Press ENTER".
function M.clear()
  if not is_line_free() then
    return
  end
  vim.api.nvim_echo({ { "" } }, false, {})
  vim.cmd.redraw()
end

local told_missing = false
local told_wrong ---@type string?

--- Once, unless the user asked for something that needs it.
---@param unasked? boolean
function M.missing_server(unasked)
  if unasked and told_missing then
    return
  end
  told_missing = true
  M.problem("autothink-lsp not found. Run :AutoThink install")
end

--- The option names a program that is not there: told once for each name.
---@param program string
function M.wrong_server(program)
  if told_wrong ~= program then
    told_wrong = program
    M.problem(('server.cmd is "%s", but there is no such program. Correct it, or remove it.'):format(program))
  end
end

---@param text string
---@param stays boolean where there is no message line, which otherwise keeps it until the next message
local function show_line(text, stays)
  if not is_line_free() then
    return
  end
  local line = shortened(text, math.max(10, vim.o.columns - 14))
  is_work_shown = false
  if has_no_line() then
    require("autothink.corner").show(line, stays)
  else
    vim.api.nvim_echo({ { line } }, false, {})
  end
end

--- One line that the next message replaces; never a "Press ENTER".
---@param text string
function M.passing(text)
  show_line(text, false)
end

--- One line that stands until the work is over, or until there is another message of ours.
---@param text string
function M.work(text)
  show_line(text, true)
  is_work_shown = is_line_free()
end

function M.work_ended()
  if is_work_shown then
    is_work_shown = false
    M.clear()
    if package.loaded["autothink.corner"] then
      require("autothink.corner").close()
    end
  end
end

---@param name "AutoThinkSuggestion"|"AutoThinkAccepted"|"AutoThinkThinking"|"AutoThinkDone"
---@param data table
function M.event(name, data)
  vim.api.nvim_exec_autocmds("User", { pattern = name, modeline = false, data = data })
end

return M
