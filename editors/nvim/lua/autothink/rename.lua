-- `autothink/rename`: the edit of a rename by the other language servers of a buffer. The server asks for it, and has
-- it applied as its own edits: shown first where the user wants that, for the versions that it was computed for.

local other_servers = require("autothink.other_servers")

local M = {}

local ANSWER_MS = 25000 -- the server waits for 30 s

--- Clients besides ours that rename there, in the order in which they were started.
---@param bufnr integer
---@return vim.lsp.Client[]
local function other_clients(bufnr)
  local found = vim.tbl_filter(function(client)
    return not client:is_stopped()
  end, other_servers.clients(bufnr, "textDocument/rename"))
  table.sort(found, function(one, other)
    return one.id < other.id
  end)
  return found
end

---@param bufnr integer
---@param version integer
local function is_current(bufnr, version)
  return vim.api.nvim_buf_is_loaded(bufnr) and vim.lsp.util.buf_versions[bufnr] == version
end

--- The loaded buffer of a document. `bufnr()` takes a name for a pattern: it finds "a.tsx" for "a.ts".
---@param uri string
---@return integer?
local function loaded_buffer(uri)
  local bufnr = vim.fn.bufexists(vim.uri_to_fname(uri)) == 1 and vim.uri_to_bufnr(uri)
  return bufnr and vim.api.nvim_buf_is_loaded(bufnr) and bufnr or nil
end

--- The version that our server knows, too. It does not know buffers without our client, so unsaved text has one.
---@param uri string
---@return integer|vim.NIL
local function version_of(uri)
  local bufnr = loaded_buffer(uri)
  if not bufnr then
    return vim.NIL
  end
  local is_known = #vim.lsp.get_clients({ name = "autothink", bufnr = bufnr }) > 0
  if is_known or vim.bo[bufnr].modified then
    return vim.lsp.util.buf_versions[bufnr] or vim.api.nvim_buf_get_changedtick(bufnr)
  end
  return vim.NIL
end

--- A language server's edit in one form; nil where it also creates, renames or deletes files.
---@param edit table lsp.WorkspaceEdit
---@return { textDocument: { uri: string, version: integer|vim.NIL }, edits: lsp.TextEdit[] }[]?
function M.document_changes(edit)
  local changes = {}
  local function add(uri, edits)
    if #edits > 0 then
      changes[#changes + 1] = { textDocument = { uri = uri, version = version_of(uri) }, edits = edits }
    end
  end
  if type(edit.documentChanges) == "table" then
    for _, change in ipairs(edit.documentChanges) do
      if change.kind then
        return nil
      end
      add(change.textDocument.uri, change.edits)
    end
  else
    for uri, edits in vim.spairs(type(edit.changes) == "table" and edit.changes or {}) do
      add(uri, edits)
    end
  end
  return changes
end

--- The versions of the loaded buffers.
---@return table<integer, integer>
local function versions_now()
  local found = {}
  for _, bufnr in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_is_loaded(bufnr) then
      found[bufnr] = vim.lsp.util.buf_versions[bufnr]
    end
  end
  return found
end

--- Whether the documents of an edit have the versions that they had `before`, when the language server was asked.
---@param changes { textDocument: { uri: string } }[]
---@param before table<integer, integer>
local function are_current(changes, before)
  for _, change in ipairs(changes) do
    local bufnr = loaded_buffer(change.textDocument.uri)
    if bufnr and before[bufnr] and before[bufnr] ~= vim.lsp.util.buf_versions[bufnr] then
      return false
    end
  end
  return true
end

---@param client vim.lsp.Client
---@param edit any result of `textDocument/rename`
---@return table? answer to our server; nil if this language server gave nothing
local function answer_of(client, edit)
  if type(edit) ~= "table" then
    return nil
  end
  local readable, changes = pcall(M.document_changes, edit)
  if not readable then
    return { failure = "refused", by = client.name, reason = "it gave no edit that can be read" }
  elseif not changes then
    return { failure = "files", by = client.name }
  elseif #changes == 0 then
    return nil
  end
  return { edit = { documentChanges = changes }, by = client.name, positionEncoding = client.offset_encoding }
end

--- Ask one language server after the other, until one gives an edit. The first reason of the others is told.
---@param params { textDocument: { uri: string, version: integer }, position: lsp.Position, newName: string }
---@param encoding string of the position
---@param on_answer fun(answer: table)
function M.find(params, encoding, on_answer)
  local uri, version = params.textDocument.uri, params.textDocument.version
  local bufnr = vim.uri_to_bufnr(uri)
  if not is_current(bufnr, version) then
    return on_answer({ failure = "changed" })
  end
  local clients = other_clients(bufnr)
  if #clients == 0 then
    return on_answer({ failure = "unsupported" })
  end
  local failed, is_over, running, asked_one = nil, false, nil, clients[1]
  local function finish(answer)
    if not is_over then
      is_over = true
      on_answer(answer)
    end
  end
  local function ask(number)
    local client = clients[number]
    if is_over then
      return
    elseif not client then
      return finish(failed or { failure = "refused", by = clients[1].name })
    end
    asked_one = client
    local position = other_servers.converted(bufnr, encoding, client.offset_encoding, params.position)
    local asked = { textDocument = { uri = uri }, position = position, newName = params.newName }
    local before = versions_now()
    local sent, id = client:request("textDocument/rename", asked, function(err, result)
      if is_over then
        return
      elseif not is_current(bufnr, version) then
        return finish({ failure = "changed" })
      end
      local answer = not err and answer_of(client, result) or nil
      if answer and answer.edit then
        return finish(are_current(answer.edit.documentChanges, before) and answer or { failure = "changed" })
      end
      answer = answer or { failure = "refused", by = client.name, reason = err and err.message or nil }
      -- That there is nothing to rename says less than an error.
      if not failed or (not failed.reason and answer.reason) then
        failed = answer
      end
      ask(number + 1)
    end, bufnr)
    running = sent and { client, id } or nil
    if not sent then
      ask(number + 1)
    end
  end
  vim.defer_fn(function()
    if not is_over and running then
      running[1]:cancel_request(running[2])
    end
    finish({ failure = "refused", by = asked_one.name, reason = "it did not answer in time" })
  end, ANSWER_MS)
  ask(1)
end

return M
