-- Reports diagnostics to the server: those near the cursor whenever they have changed, as context of suggestions, and
-- all of a document while the server watches there whether an applied edit has helped.

local M = {}

local REPORT_MS = 50 -- servers that publish in parts fire DiagnosticChanged several times in a row
local MOST = 1000
local NEAR_MS = 300 -- without a change: while the user types they change with each key
local MOST_NEAR = 50

---@class autothink.WatchedBuffer
---@field client integer
---@field uri string
---@field sources table<string, true> of the tools that have published since the last report
---@field pending boolean

local watched = {} ---@type table<integer, autothink.WatchedBuffer>
local near_timer = nil ---@type uv.uv_timer_t?
---@type { client?: integer, uri?: string, version?: integer, diagnostics?: lsp.Diagnostic[] }
local sent_near = {}

--- Report the diagnostics near the cursor, unless the server has got the same: equal ones of a newer version are
--- others, since it has dropped those of lines that were edited.
---@param bufnr integer
local function report_near(bufnr)
  if not vim.api.nvim_buf_is_valid(bufnr) or bufnr ~= vim.api.nvim_get_current_buf() or watched[bufnr] then
    return
  end
  local client = require("autothink.client").get(bufnr)
  if not client or require("autothink.off").reason(bufnr) then
    return
  end
  local row = vim.api.nvim_win_get_cursor(0)[1] - 1
  local found = vim.diagnostic.get(bufnr)
  table.sort(found, function(one, other)
    local away, other_away = math.abs(one.lnum - row), math.abs(other.lnum - row)
    return away < other_away or (away == other_away and one.lnum < other.lnum)
  end)
  local diagnostics = {}
  for _, one in ipairs(vim.list_slice(found, 1, MOST_NEAR)) do
    diagnostics[#diagnostics + 1] = require("autothink.intercept").to_lsp(bufnr, one, client.offset_encoding)
  end
  local version = vim.lsp.util.buf_versions[bufnr]
  local now = { client = client.id, uri = vim.uri_from_bufnr(bufnr), diagnostics = diagnostics }
  now.version = #diagnostics > 0 and version or nil
  if vim.deep_equal(now, sent_near) then
    return
  end
  sent_near = now
  client:notify("autothink/diagnostics", { uri = now.uri, version = version, diagnostics = diagnostics })
end

---@param bufnr integer
local function report_near_soon(bufnr)
  near_timer = near_timer or assert(vim.uv.new_timer())
  near_timer:start(
    NEAR_MS,
    0,
    vim.schedule_wrap(function()
      report_near(bufnr)
    end)
  )
end

---@param bufnr integer
local function report(bufnr)
  local watch = watched[bufnr]
  local client = watch and vim.lsp.get_client_by_id(watch.client)
  if not client or not vim.api.nvim_buf_is_loaded(bufnr) then
    watched[bufnr] = nil
    return
  end
  local found = {}
  for _, one in ipairs(vim.diagnostic.get(bufnr)) do
    if #found < MOST then
      found[#found + 1] = require("autothink.intercept").to_lsp(bufnr, one, client.offset_encoding)
    end
  end
  local sources = vim.tbl_keys(watch.sources)
  watch.sources, watch.pending = {}, false
  client:notify("autothink/diagnostics", {
    uri = watch.uri,
    version = vim.lsp.util.buf_versions[bufnr],
    diagnostics = found,
    sources = #sources > 0 and sources or nil,
  })
end

--- Some tool has published for the buffer. A tool without messages cannot be told from others: the server sees that
--- its messages are gone.
---@param args { buf: integer, data?: { diagnostics?: vim.Diagnostic[] } }
local function changed(args)
  local watch = watched[args.buf]
  if not watch then
    if args.buf == vim.api.nvim_get_current_buf() then
      report_near_soon(args.buf)
    end
    return
  end
  for _, one in ipairs(args.data and args.data.diagnostics or {}) do
    watch.sources[one.source or ""] = true
  end
  if not watch.pending then
    watch.pending = true
    vim.defer_fn(function()
      report(args.buf)
    end, REPORT_MS)
  end
end

local function listen()
  local group = vim.api.nvim_create_augroup("autothink.diagnostics", { clear = true })
  vim.api.nvim_create_autocmd("DiagnosticChanged", { group = group, callback = changed })
  vim.api.nvim_create_autocmd("BufEnter", {
    group = group,
    callback = function(args)
      report_near_soon(args.buf)
    end,
  })
end

--- `autothink/watchDiagnostics`: report now, and whenever they change, until the server has seen enough.
---@param client_id integer
---@param params { uri: string, watch: boolean }
function M.watch(client_id, params)
  local bufnr = vim.uri_to_bufnr(params.uri)
  if params.watch then
    watched[bufnr] = { client = client_id, uri = params.uri, sources = {}, pending = false }
    listen()
    report(bufnr)
  else
    watched[bufnr] = nil
  end
end

--- A client of ours has started: report from now on.
function M.started()
  listen()
  sent_near = {}
  report_near_soon(vim.api.nvim_get_current_buf())
end

return M
