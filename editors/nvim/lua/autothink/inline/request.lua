-- When the server is asked for ghost text, and which of its answers count: one request at a time, after a short pause,
-- cancelled by the key that supersedes it; an answer about an older text is dropped.

local M = {}

local BURST_KEYS = 3 -- so many keys with hardly a gap are a held key or a macro, not typing
local KEPT_TIMES = 20

M.counts = { asked = 0, cancelled = 0, answered = 0, dropped = 0 }
M.times_ms = {} ---@type number[] of the last answers with something to show

local timer = nil ---@type uv.uv_timer_t?
local running = nil ---@type { client: vim.lsp.Client, id: integer, cancelled: boolean }?
local number = 0
local last_key_ms, quick_keys, gap_ms = 0, 0, 0

--- A key was pressed. Remembers how fast they come.
function M.note_key()
  local now_ms = vim.uv.hrtime() / 1e6
  gap_ms = now_ms - last_key_ms
  last_key_ms = now_ms
  local base_ms = require("autothink.config").get().inline.delay_ms
  quick_keys = gap_ms < 3 * base_ms and quick_keys + 1 or 0
end

---@return integer
local function delay_ms()
  local base_ms = require("autothink.config").get().inline.delay_ms
  if quick_keys < BURST_KEYS then
    return base_ms
  end
  return math.floor(math.min(6 * base_ms, math.max(base_ms, 2 * gap_ms)))
end

--- Whatever was asked or is about to be asked is of no use any more.
function M.cancel()
  number = number + 1
  if timer then
    timer:stop()
  end
  if running then
    local one = running
    running = nil
    M.counts.cancelled = M.counts.cancelled + 1
    if not one.client:is_stopped() then
      one.client:cancel_request(one.id)
    end
  end
end

---@param bufnr integer
---@param kind "automatic"|"invoked"
---@param on_items fun(items: table[], client: vim.lsp.Client)
local function send(bufnr, kind, on_items)
  local client = require("autothink.client").get(bufnr)
  if
    not client
    or vim.api.nvim_get_current_buf() ~= bufnr
    or vim.fn.mode() ~= "i"
    or not client:supports_method("textDocument/inlineCompletion")
  then
    return
  end
  local params = vim.lsp.util.make_position_params(0, client.offset_encoding)
  ---@diagnostic disable-next-line: inject-field
  params.context = { triggerKind = kind == "invoked" and 1 or 2 }
  local mine, version = number, vim.api.nvim_buf_get_changedtick(bufnr)
  local began_ms = vim.uv.hrtime() / 1e6
  local ok, id = client:request("textDocument/inlineCompletion", params, function(err, result)
    if mine ~= number or not vim.api.nvim_buf_is_valid(bufnr) then
      return
    end
    running = nil
    M.counts.answered = M.counts.answered + 1
    if vim.api.nvim_buf_get_changedtick(bufnr) ~= version then
      M.counts.dropped = M.counts.dropped + 1
      return
    end
    local items = not err and result and (result.items or result) or {}
    if #items > 0 then
      table.insert(M.times_ms, vim.uv.hrtime() / 1e6 - began_ms)
      if #M.times_ms > KEPT_TIMES then
        table.remove(M.times_ms, 1)
      end
    end
    on_items(items, client)
  end, bufnr)
  if ok and id then
    M.counts.asked = M.counts.asked + 1
    running = { client = client, id = id, cancelled = false }
  end
end

--- Ask for the place where the cursor is, soon. `on_items` hears the answer if nothing has superseded it.
---@param bufnr integer
---@param kind "automatic"|"invoked"
---@param on_items fun(items: table[], client: vim.lsp.Client)
function M.ask(bufnr, kind, on_items)
  M.cancel()
  if kind == "invoked" then
    return send(bufnr, kind, on_items)
  end
  timer = timer or assert(vim.uv.new_timer())
  local mine = number
  timer:start(
    delay_ms(),
    0,
    vim.schedule_wrap(function()
      if mine == number then
        send(bufnr, kind, on_items)
      end
    end)
  )
end

--- Whether the server is computing an answer.
function M.is_running()
  return running ~= nil
end

return M
