-- Reports the diagnostics of a document to the server while it watches there whether an applied edit has helped.

local M = {}

local REPORT_MS = 50 -- servers that publish in parts fire DiagnosticChanged several times in a row
local MOST = 1000

---@class autothink.WatchedBuffer
---@field client integer
---@field uri string
---@field sources table<string, true> of the tools that have published since the last report
---@field pending boolean

local watched = {} ---@type table<integer, autothink.WatchedBuffer>

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

--- `autothink/watchDiagnostics`: report now, and whenever they change, until the server has seen enough.
---@param client_id integer
---@param params { uri: string, watch: boolean }
function M.watch(client_id, params)
  local bufnr = vim.uri_to_bufnr(params.uri)
  if params.watch then
    watched[bufnr] = { client = client_id, uri = params.uri, sources = {}, pending = false }
    local group = vim.api.nvim_create_augroup("autothink.diagnostics", { clear = true })
    vim.api.nvim_create_autocmd("DiagnosticChanged", { group = group, callback = changed })
    report(bufnr)
  else
    watched[bufnr] = nil
  end
end

return M
