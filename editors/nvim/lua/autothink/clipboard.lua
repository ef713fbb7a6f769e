-- What was yanked last in this session: the server asks for it (`autothink/clipboard`) where copied code may be
-- context. It stays in this Neovim until then, and is forgotten after some time, as in the server.

local M = {}

local KEPT_MS = 10 * 60 * 1000
local LEAST_LINES = 2 -- passwords and addresses are one line
local MOST_CHARS = 8000

local latest = nil ---@type { text: string, uri: string?, copy: integer, at_ms: integer }?
local copies = 0

--- Of an operator that copies; what is deleted is not wanted any more. Of a file that the server never gets, and of a
--- terminal, it hears only that something else was copied.
---@param event { operator: string, regcontents: string[] }
---@param bufnr integer
function M.yanked(event, bufnr)
  if event.operator ~= "y" then
    return
  end
  local text = table.concat(event.regcontents, "\n")
  local name = vim.api.nvim_buf_get_name(bufnr)
  local is_secret = vim.bo[bufnr].buftype == "terminal" or require("autothink.off").is_excluded(name)
  local is_piece = #event.regcontents >= LEAST_LINES and #text <= MOST_CHARS and not is_secret
  local is_file = name ~= "" and vim.bo[bufnr].buftype == "" and not is_secret
  copies = copies + 1
  latest = {
    copy = copies,
    text = is_piece and text or "",
    uri = is_file and vim.uri_from_bufnr(bufnr) or nil,
    at_ms = vim.uv.now(),
  }
end

--- The answer to the server.
function M.latest()
  if latest and vim.uv.now() - latest.at_ms > KEPT_MS then
    latest = nil
  end
  return latest and { text = latest.text, uri = latest.uri, copy = latest.copy } or vim.NIL
end

--- Remember yanks from now on.
function M.watch()
  vim.api.nvim_create_autocmd("TextYankPost", {
    group = vim.api.nvim_create_augroup("autothink_clipboard", { clear = true }),
    callback = function(args)
      M.yanked(vim.v.event, args.buf)
    end,
  })
end

return M
