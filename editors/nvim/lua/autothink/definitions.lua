-- `autothink/definitions`: what names in a document mean, by the other language servers that are attached to it.

local other_servers = require("autothink.other_servers")

local M = {}

local ANSWER_MS = 600 -- the server waits for 0.7 s
local SIGNATURE_LINES = 4

---@param result any of `textDocument/definition`
---@return { uri: string, range: lsp.Range }[]
local function locations(result)
  if type(result) ~= "table" then
    return {}
  end
  local found = {}
  for _, one in ipairs(result.uri and { result } or result) do
    local uri, range = one.targetUri or one.uri, one.targetSelectionRange or one.range
    if uri and range then
      found[#found + 1] = { uri = uri, range = range }
    end
  end
  return found
end

--- The first fenced block of a hover text, which is the signature in all servers that we know.
---@param result any of `textDocument/hover`
---@return string?
local function signature(result)
  local contents = type(result) == "table" and result.contents
  local text = type(contents) == "table" and contents.value
  local block = type(text) == "string" and text:match("```%w*\n(.-)\n```")
  return block and table.concat(vim.list_slice(vim.split(block, "\n"), 1, SIGNATURE_LINES), "\n") or nil
end

--- Ask for all places at once, and answer with what has come in time.
---@param params { uri: string, version: integer, positions: lsp.Position[] }
---@param encoding string of the positions
---@param on_answer fun(answer: { definitions: table[] })
function M.find(params, encoding, on_answer)
  local bufnr = vim.uri_to_bufnr(params.uri)
  local is_current = vim.api.nvim_buf_is_loaded(bufnr) and vim.lsp.util.buf_versions[bufnr] == params.version
  local clients = is_current and other_servers.clients(bufnr, "textDocument/definition") or {}
  local places, signatures, left, is_over = {}, {}, 1, false
  local function finish()
    if is_over then
      return
    end
    is_over = true
    local definitions = {}
    for place, found in vim.spairs(places) do
      for _, one in ipairs(found) do
        definitions[#definitions + 1] =
          { place = place - 1, uri = one.uri, range = one.range, signature = signatures[place] }
      end
    end
    on_answer({ definitions = definitions })
  end
  local function arrived()
    left = left - 1
    if left == 0 then
      finish()
    end
  end
  for _, client in ipairs(clients) do
    for place, position in ipairs(params.positions) do
      local at = {
        textDocument = { uri = params.uri },
        position = other_servers.converted(bufnr, encoding, client.offset_encoding, position),
      }
      local function ask(method, take)
        if client:supports_method(method, bufnr) then
          left = left + 1
          local sent = client:request(method, at, function(err, result)
            if not err then
              take(result)
            end
            arrived()
          end, bufnr)
          if not sent then
            arrived()
          end
        end
      end
      ask("textDocument/definition", function(result)
        local found = locations(result)
        if #found > 0 then
          places[place] = places[place] or found
        end
      end)
      ask("textDocument/hover", function(result)
        signatures[place] = signatures[place] or signature(result)
      end)
    end
  end
  vim.defer_fn(finish, ANSWER_MS)
  arrived()
end

return M
