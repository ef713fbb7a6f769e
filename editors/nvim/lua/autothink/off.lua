-- Where the user does not want it: files that the server never gets, and buffers without ghost text.

local M = {}

---@class autothink.Pauses
local paused = { all = false, filetypes = {}, buffers = {} }
local MINUTE_MS = 60 * 1000
local MOST_MINUTES = 24 * 60
local snooze = { timer = nil, ends = "" }

---@param filetype string
local function named(filetype)
  return filetype == "" and "files without a file type" or filetype
end

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
  if snooze.timer then
    return "paused until " .. snooze.ends
  elseif paused.all then
    return "paused"
  elseif paused.buffers[bufnr] then
    return "paused for this buffer"
  elseif paused.filetypes[filetype] then
    return "paused for " .. named(filetype)
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
    return "off for " .. named(filetype)
  elseif inline.should_suggest and not inline.should_suggest(bufnr) then
    return "disabled by should_suggest"
  end
end

--- Why nothing is drawn in a buffer now, or nil: its reason, or one that ends by itself and leaves the server's work
--- as it is.
---@param bufnr integer
---@return string?
function M.undrawn(bufnr)
  local reason = M.reason(bufnr)
  if reason then
    return reason
  elseif vim.o.paste then
    return "off while 'paste' is set" -- Neovim uses no mapping then: nothing could be accepted
  elseif vim.fn.reg_recording() ~= "" then
    return "off while a macro is recorded" -- it would have the accepting key, and no text
  end
end

--- Why there is no server for a buffer: a sentence for a user who has asked for something there.
---@param bufnr integer
---@return string
function M.unserved(bufnr)
  if not require("autothink.client").get() then
    return "The server is not running. See :checkhealth autothink"
  elseif M.is_excluded(vim.api.nvim_buf_get_name(bufnr)) then
    return "This file is excluded: it is never sent to a model."
  elseif vim.bo[bufnr].buftype ~= "" then
    return "Not available in this kind of buffer (" .. vim.bo[bufnr].buftype .. ")."
  elseif vim.bo[bufnr].filetype == "" then
    return "This buffer has no file type. Set one with :setfiletype"
  end
  return "The server is not attached to this buffer. See :checkhealth autothink"
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

local function end_snooze()
  if snooze.timer then
    snooze.timer:stop()
    snooze.timer:close()
    snooze.timer = nil
  end
end

--- Pause suggestions everywhere for some minutes, at most a day; `ended` is called when they have passed.
---@param minutes integer
---@param ended fun()
function M.snooze(minutes, ended)
  end_snooze()
  minutes = math.min(math.max(minutes, 1), MOST_MINUTES)
  snooze.ends = os.date("%H:%M", os.time() + 60 * minutes)
  snooze.timer = vim.defer_fn(function()
    end_snooze()
    ended()
  end, minutes * MINUTE_MS)
end

--- Whatever pauses the current buffer ends.
function M.resume()
  local bufnr = vim.api.nvim_get_current_buf()
  end_snooze()
  paused.all = false
  paused.buffers[bufnr] = nil
  paused.filetypes[vim.bo[bufnr].filetype] = nil
end

return M
