-- Where the user does not want it: files that the server never gets, and buffers without ghost text.

local M = {}

---@class autothink.Pauses
local paused = { all = false, filetypes = {}, buffers = {} }

--- Whether a file is not even given to the server.
---@param path string
function M.is_excluded(path)
  local name = vim.fs.basename(path)
  for _, pattern in ipairs(require("autothink.config").get().exclude) do
    local subject = pattern:find("/", 1, true) and vim.fs.normalize(path) or name
    if vim.glob.to_lpeg(pattern):match(subject) then
      return true
    end
  end
  return false
end

--- Why a buffer gets no ghost text, or nil.
---@param bufnr integer
---@return string?
function M.reason(bufnr)
  local inline = require("autothink.config").get().inline
  local filetype = vim.bo[bufnr].filetype
  if paused.all then
    return "paused"
  elseif paused.buffers[bufnr] then
    return "paused for this buffer"
  elseif paused.filetypes[filetype] then
    return "paused for " .. filetype
  elseif vim.b[bufnr].autothink == false then
    return "off for this buffer"
  elseif M.is_excluded(vim.api.nvim_buf_get_name(bufnr)) then
    return "excluded: this file is never sent to a model"
  end
  local wanted = inline.filetypes[filetype]
  if wanted == nil then
    wanted = inline.filetypes["*"]
  end
  if wanted == false then
    return "off for " .. (filetype == "" and "files without a file type" or filetype)
  elseif inline.should_suggest and not inline.should_suggest(bufnr) then
    return "disabled by should_suggest"
  end
end

---@param scope "all"|"buffer"|"filetype"
function M.pause(scope)
  local bufnr = vim.api.nvim_get_current_buf()
  if scope == "buffer" then
    paused.buffers[bufnr] = true
  elseif scope == "filetype" then
    paused.filetypes[vim.bo[bufnr].filetype] = true
  else
    paused.all = true
  end
end

--- Whatever pauses the current buffer ends.
function M.resume()
  local bufnr = vim.api.nvim_get_current_buf()
  paused.all = false
  paused.buffers[bufnr] = nil
  paused.filetypes[vim.bo[bufnr].filetype] = nil
end

return M
