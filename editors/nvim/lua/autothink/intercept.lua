-- Some requests of our own client are changed on their way, so that Neovim and every plugin get them right. Neovim
-- sends with code actions only the diagnostics that the same client has published (ours publishes none), it applies an
-- edit that wants to be confirmed without asking, and of a menu entry that is a text edit it inserts one word only.

local M = {}

---@param bufnr integer
---@param where lsp.Range
---@param encoding string
function M.diagnostics_in(bufnr, where, encoding)
  local found = {}
  for _, one in ipairs(vim.diagnostic.get(bufnr)) do
    if one.lnum <= where["end"].line and (one.end_lnum or one.lnum) >= where.start.line then
      found[#found + 1] = M.to_lsp(bufnr, one, encoding)
    end
  end
  return found
end

---@param bufnr integer
---@param row integer
---@param column integer bytes
---@param encoding string
---@return lsp.Position
local function position(bufnr, row, column, encoding)
  local line = vim.api.nvim_buf_get_lines(bufnr, row, row + 1, false)[1] or ""
  return { line = row, character = vim.str_utfindex(line, encoding, math.min(column, #line), false) }
end

--- A diagnostic of any source as the server wants it; its positions are counted anew, since the client that it came
--- from may count otherwise.
---@param bufnr integer
---@param one vim.Diagnostic
---@param encoding string
---@return lsp.Diagnostic
function M.to_lsp(bufnr, one, encoding)
  return {
    range = {
      start = position(bufnr, one.lnum, one.col, encoding),
      ["end"] = position(bufnr, one.end_lnum or one.lnum, one.end_col or one.col, encoding),
    },
    message = one.message,
    severity = one.severity,
    source = one.source,
    code = one.code,
  }
end

--- Entries of one line as text to insert, where that says the same.
---@param result? table lsp.CompletionList
---@param cursor lsp.Position
---@return table?
function M.plain_entries(result, cursor)
  for _, item in ipairs(result and result.items or {}) do
    local edit = item.textEdit
    if edit and not edit.newText:find("\n", 1, true) and edit.range["end"].character == cursor.character then
      item.insertText, item.textEdit = edit.newText, nil
    end
  end
  return result
end

-- Kinds as "source.fixAll" are about the document, wherever the cursor is.
local WHOLE = { start = { line = 0, character = 0 }, ["end"] = { line = math.huge, character = 0 } }

---@param only? string[]
---@return boolean
local function is_about_document(only)
  return vim.iter(only or {}):any(function(kind)
    return kind == "source" or vim.startswith(kind, "source.")
  end)
end

---@param client vim.lsp.Client
function M.install(client)
  local send = client.request
  ---@diagnostic disable-next-line: duplicate-set-field
  client.request = function(self, method, params, handler, bufnr)
    -- Neovim 0.11 still allows client.request(method, ...).
    if self ~= client then
      self, method, params, handler, bufnr = client, self, method, params, handler
    end
    if method == "textDocument/codeAction" and vim.tbl_isempty(params.context.diagnostics or {}) then
      local about = bufnr and bufnr ~= 0 and bufnr or vim.api.nvim_get_current_buf()
      params = vim.deepcopy(params)
      local where = is_about_document(params.context.only) and WHOLE or params.range
      params.context.diagnostics = M.diagnostics_in(about, where, client.offset_encoding)
    elseif method == "codeAction/resolve" and handler then
      local original = handler
      handler = function(err, action, ctx)
        original(err, require("autothink.preview").without_unconfirmed(action, client), ctx)
      end
    elseif method == "textDocument/completion" and handler then
      local original = handler
      handler = function(err, result, ctx)
        original(err, M.plain_entries(result, params.position), ctx)
      end
    end
    return send(self, method, params, handler, bufnr)
  end
end

return M
