-- What is known of the server, the model and the action that runs; as a table, as a line, and for lualine.

local M = {}

---@class autothink.ServerStatus
---@field state string
---@field reason? string
---@field fraction? number
---@field model? string
---@field backend? string
---@field url? string
---@field shared? boolean the engine is shared between windows
---@field seconds? number
---@field tokens? integer
---@field decision? string
---@field problem? string
---@field document? string

---@class autothink.Known
---@field life "none"|"starting"|"running"|"stopped"|"installing"
---@field source? string where the server was found
---@field endpoint? autothink.ServerStatus ready, working or unavailable: of the completion model
---@field action? autothink.ServerStatus while an action runs
---@field decision? string why the last action did or did not think
---@field document? string of the last action
---@field assist_problem? string why the model for actions cannot be asked
---@field shown integer
---@field accepted integer

local known = { life = "none", shown = 0, accepted = 0 } ---@type autothink.Known
local waiting = false
local has_item = false -- a status line shows `statusline`

--- Say in the message line that a model is downloaded, loaded, or reads the first prompt: without an item in the status
--- line nothing else would tell why there is no suggestion yet.
---@param status autothink.ServerStatus
local function show_work(status)
  local say = require("autothink.say")
  if has_item or not require("autothink.config").get().progress then
    return
  elseif status.state == "working" then
    -- In steps: each message replaces what another plugin or the editor has just shown.
    local percent = status.fraction and (" (%d%%)"):format(10 * math.floor(10 * status.fraction)) or ""
    say.work(("AutoThink: %s%s"):format(status.reason or "loading", percent))
  else
    say.work_ended()
  end
end

--- Something is to be seen elsewhere: status lines are drawn again, at most once for many changes.
function M.changed()
  if waiting then
    return
  end
  waiting = true
  vim.schedule(function()
    waiting = false
    vim.cmd.redrawstatus({ bang = true, mods = { silent = true, emsg_silent = true } })
  end)
end

---@param life "starting"|"running"|"stopped"|"installing"|"none"
---@param source? string
function M.life(life, source)
  known.life = life
  known.source = source or known.source
  if life ~= "running" then
    known.endpoint, known.action, known.assist_problem = nil, nil, nil
    require("autothink.say").work_ended()
  end
  M.changed()
end

--- Other settings may name another server.
function M.forget_problem()
  known.assist_problem = nil
end

function M.shown()
  known.shown = known.shown + 1
end

function M.accepted()
  known.accepted = known.accepted + 1
end

--- `autothink/status` of the server.
---@param status autothink.ServerStatus
function M.heard(status)
  local say = require("autothink.say")
  local progress = require("autothink.config").get().progress
  for name, value in pairs(status) do
    if value == vim.NIL then
      status[name] = nil
    end
  end
  if status.state == "thinking" or status.state == "assisting" then
    if status.state == "thinking" and (known.action or {}).state ~= "thinking" then
      say.event("AutoThinkThinking", { document = status.document })
    end
    known.action = status
    if (status.tokens or 0) > 0 then
      known.assist_problem = nil
    end
    known.document = status.document or known.document
    if progress then
      say.passing("AutoThink: " .. (status.reason or status.state))
    end
  elseif status.state == "assisted" then
    known.action = nil
    if status.problem or status.decision then -- neither where it was cancelled
      known.assist_problem = status.problem
    end
    known.decision = status.decision or known.decision
    known.document = status.document or known.document
    if progress then
      say.passing("AutoThink: " .. (status.reason or "done"))
    end
    say.event("AutoThinkDone", { decision = status.decision, text = status.reason, document = status.document })
  elseif status.state == "watched" then -- what became of an applied edit
    if progress and status.reason then
      say.passing("AutoThink: " .. status.reason)
    end
  else
    known.endpoint = status
    vim.schedule(function()
      show_work(status) -- after a status line was drawn
    end)
  end
  M.changed()
end

---@param values number[]
---@return number?
local function median(values)
  local sorted = vim.deepcopy(values)
  table.sort(sorted)
  return sorted[math.ceil(#sorted / 2)]
end

---@return string
local function think_mode()
  local client = require("autothink.client").get()
  local settings = client and client.settings or require("autothink.config").get()
  return vim.tbl_get(settings, client and "autothink" or "settings", "assist", "think") or "auto"
end

---@class autothink.Status : autothink.Known
---@field off? string why the current buffer gets no ghost text
---@field think string
---@field completing boolean
---@field median_ms? number from request to answer, of the last answers

--- Everything, for scripts and status lines.
---@return autothink.Status
function M.get()
  local request = package.loaded["autothink.inline.request"]
  return vim.tbl_extend("force", vim.deepcopy(known), {
    off = require("autothink.off").undrawn(vim.api.nvim_get_current_buf()),
    think = think_mode(),
    completing = request ~= nil and request.is_running(),
    median_ms = request and median(request.times_ms) or nil,
  })
end

--- "thinking 12 s · 310 tokens"
local function timed(words, action)
  local text = action.seconds and ("%s %d s"):format(words, math.floor(action.seconds + 0.5)) or words
  local tokens = action.tokens or 0
  return tokens > 0 and ("%s · %d token%s"):format(text, tokens, tokens == 1 and "" or "s") or text
end

-- First words of `reason` while a model is prepared; the rest is its name and the megabytes.
local MODEL_VERBS = { "downloading", "verifying", "loading" }

--- One short text; empty where our client is not at work in this buffer.
---@return string
function M.statusline()
  has_item = true
  local status = M.get()
  if status.action then
    return timed(status.action.state == "thinking" and "AT: thinking" or "AT: working", status.action)
  elseif status.life == "installing" or status.life == "starting" then
    return "AT: " .. status.life
  elseif not require("autothink.client").get(vim.api.nvim_get_current_buf()) then
    return ""
  elseif status.off then
    return "AT: " .. status.off
  end
  local endpoint = status.endpoint or { state = "idle" }
  if endpoint.state == "unavailable" then
    return "AT: no model server"
  elseif endpoint.state == "working" then
    local percent = endpoint.fraction and (" %d%%"):format(math.floor(100 * endpoint.fraction)) or ""
    local reason = endpoint.reason or "loading"
    local verb = vim.list_contains(MODEL_VERBS, reason:match("^%a+")) and reason:match("^%a+") .. " model"
    return "AT: " .. (verb or reason) .. percent
  end
  if status.assist_problem then
    return "AT: no model server for fixes"
  end
  return status.think == "auto" and "AT" or "AT: think " .. status.think
end

--- For lualine: sections = { lualine_x = { require("autothink").lualine() } }
function M.lualine()
  return {
    M.statusline,
    cond = function()
      return M.statusline() ~= ""
    end,
    color = function()
      local endpoint = known.endpoint
      local is_down = known.assist_problem or (endpoint and endpoint.state == "unavailable")
      return is_down and "DiagnosticWarn" or nil
    end,
  }
end

--- One "name: value" for each thing worth knowing.
---@return string[]
function M.lines()
  local status, lines = M.get(), {}
  local function add(name, value)
    if value and value ~= "" then
      lines[#lines + 1] = ("%s: %s"):format(name, value)
    end
  end
  local endpoint = status.endpoint or {}
  local client = require("autothink.client").get()
  add("server", client and ("running (%s)"):format(status.source or "setting") or status.life)
  add("problem", endpoint.state == "unavailable" and endpoint.reason or nil)
  add("problem", status.assist_problem)
  add("warning", endpoint.warning)
  add("loading", endpoint.state == "working" and endpoint.reason or nil)
  add("suggestions", status.off)
  add("model", endpoint.model)
  add("backend", endpoint.backend and ("%s %s"):format(endpoint.backend, endpoint.url or "") or nil)
  add("engine", endpoint.shared and "shared between editor windows" or nil)
  add("think mode", status.think)
  add("last action", status.decision)
  add("latency", status.median_ms and ("%.0f ms (median)"):format(status.median_ms))
  local shown = ("%d of %d suggestion%s"):format(status.accepted, status.shown, status.shown == 1 and "" or "s")
  add("accepted", status.shown > 0 and shown or nil)
  return lines
end

--- Why the buffer gets suggestions or none, and why the last action did or did not think.
---@param reason? string of the server, why it gives none
local function why(reason)
  local status = M.get()
  local endpoint = status.endpoint or { state = "idle" }
  local suggestions = status.off or (reason ~= "" and reason) or nil
  if not suggestions and endpoint.state ~= "ready" then
    suggestions = endpoint.reason or "the model is not loaded yet"
  end
  return {
    "suggestions: " .. (suggestions or "on"),
    "last action: " .. (status.decision or "none in this session"),
  }
end

--- Say why there is no suggestion here, and why the last action did or did not think.
function M.show_why()
  local bufnr = vim.api.nvim_get_current_buf()
  local client = require("autothink.client").get(bufnr)
  if not client then
    return require("autothink.say").info(require("autothink.off").unserved(bufnr))
  end
  client:request("autothink/documentStatus", { uri = vim.uri_from_bufnr(bufnr) }, function(err, result)
    M.show(why(not err and result and result.reason or nil))
  end, bufnr)
end

---@param about? string[]
function M.show(about)
  local lines = { "AutoThink" }
  for _, line in ipairs(about or M.lines()) do
    lines[#lines + 1] = "  " .. line
  end
  vim.api.nvim_echo({ { table.concat(lines, "\n") } }, false, {})
end

return M
