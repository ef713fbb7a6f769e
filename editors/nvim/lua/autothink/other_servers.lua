-- What our server asks the other language servers of a buffer for. Neovim handles each request of a server in a
-- coroutine, which waits for the answer.

local M = {}

--- Clients besides ours that have a method there.
---@param bufnr integer
---@param method string
---@return vim.lsp.Client[]
function M.clients(bufnr, method)
  return vim.tbl_filter(function(client)
    return client.name ~= "autothink"
  end, vim.lsp.get_clients({ bufnr = bufnr, method = method }))
end

---@param bufnr integer
---@param from string encoding of `position`
---@param to string
---@param position lsp.Position
---@return lsp.Position
function M.converted(bufnr, from, to, position)
  local line = vim.api.nvim_buf_get_lines(bufnr, position.line, position.line + 1, false)[1] or ""
  local byte = vim.str_byteindex(line, from, position.character, false)
  return { line = position.line, character = vim.str_utfindex(line, to, byte, false) }
end

--- The answer that `find` gives, at once or later.
---@param find fun(params: table, encoding: string, on_answer: fun(answer: table))
---@param client_id integer of our server, in whose encoding the positions are
---@param params table
---@return table|vim.NIL
function M.reply(find, client_id, params)
  local client = vim.lsp.get_client_by_id(client_id)
  local thread, is_main = coroutine.running()
  if not client or is_main then
    return vim.NIL
  end
  local answer, is_waiting = nil, false
  find(params, client.offset_encoding, function(found)
    answer = found
    if is_waiting then
      coroutine.resume(thread)
    end
  end)
  if not answer then
    is_waiting = true
    coroutine.yield()
  end
  return answer
end

return M
