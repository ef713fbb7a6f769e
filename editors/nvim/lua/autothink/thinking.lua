-- The document of an action: judge, thinking, explanation, checks. The server holds it and grows it; here it is shown
-- in a window of its own, and read again whenever the server says so.

local M = {}

---@class autothink.View
---@field bufnr integer
---@field window integer
---@field uri string
---@field client_id integer
---@field cursor? integer[] where this module has put it; elsewhere the user reads there

local view = nil ---@type autothink.View?

local function is_open()
  return view ~= nil and vim.api.nvim_win_is_valid(view.window) and vim.api.nvim_buf_is_valid(view.bufnr)
end

---@return vim.api.keyset.win_config
local function float(title)
  local width = math.min(100, math.max(30, math.floor(vim.o.columns * 0.7)))
  local height = math.max(5, math.floor(vim.o.lines * 0.5))
  return {
    relative = "editor",
    width = width,
    height = height,
    row = math.max(0, vim.o.lines - height - 5),
    col = math.max(0, vim.o.columns - width - 3),
    border = "rounded",
    title = title,
    title_pos = "center",
    style = "minimal",
  }
end

--- The line of the server's document about an edit that can be changed.
local FOLLOW_UP = "Not what you wanted? Say what to change."

--- Names the keys that do something now.
---@param bufnr integer
---@return string
local function title(bufnr)
  local keys = require("autothink.config").get().document.keys
  local action = require("autothink.status").get().action
  local parts = { "AutoThink" }
  if action then
    if action.state == "thinking" then
      parts[#parts + 1] = keys.answer_now .. " answer now"
    end
    parts[#parts + 1] = keys.cancel .. " cancel"
  elseif vim.list_contains(vim.api.nvim_buf_get_lines(bufnr, 0, -1, false), FOLLOW_UP) then
    parts[#parts + 1] = keys.change .. " change the edit"
  end
  parts[#parts + 1] = keys.close .. " close"
  return (" %s "):format(table.concat(parts, " · "))
end

---@param bufnr integer
local function set_keys(bufnr)
  local keys = require("autothink.config").get().document.keys
  local actions = {
    [keys.answer_now] = "answer_now",
    [keys.cancel] = "cancel",
  }
  for lhs, action in pairs(actions) do
    vim.keymap.set("n", lhs, function()
      require("autothink.actions")[action]()
    end, { buffer = bufnr, nowait = true, desc = "AutoThink: " .. action:gsub("_", " ") })
  end
  vim.keymap.set("n", keys.change, function()
    require("autothink.actions").again("")
  end, { buffer = bufnr, nowait = true, desc = "AutoThink: change the last edit" })
  for _, lhs in ipairs({ "gx", "<CR>" }) do
    vim.keymap.set("n", lhs, M.follow_link, { buffer = bufnr, nowait = true, desc = "AutoThink: go to the link" })
  end
  vim.keymap.set("n", keys.close, M.close, { buffer = bufnr, nowait = true, desc = "AutoThink: close" })
end

---@return integer
local function make_buffer()
  local bufnr = vim.api.nvim_create_buf(false, true)
  vim.bo[bufnr].bufhidden = "wipe"
  vim.bo[bufnr].modifiable = false
  vim.bo[bufnr].filetype = "markdown"
  set_keys(bufnr)
  pcall(vim.treesitter.start, bufnr, "markdown") -- without its parsers the text is as it was written
  return bufnr
end

---@param bufnr integer
---@return integer window
local function make_window(bufnr)
  local layout = require("autothink.config").get().document.layout
  local window
  if layout == "float" then
    -- Its keys work at once; what is being typed goes on where it is.
    window = vim.api.nvim_open_win(bufnr, vim.fn.mode(1) == "n", float(title(bufnr)))
  else
    local options = { split = layout == "split" and "below" or "right", win = 0 }
    window = vim.api.nvim_open_win(bufnr, false, options)
  end
  local wanted = { wrap = true, linebreak = true, number = false, conceallevel = 2, foldlevel = 1, foldenable = true }
  wanted.foldmethod = "expr"
  wanted.concealcursor = "nc"
  wanted.smoothscroll = true -- a thought may be one line that is higher than the window
  wanted.foldexpr = "v:lua.require'autothink.thinking'.fold_level(v:lnum)"
  for name, value in pairs(wanted) do
    vim.api.nvim_set_option_value(name, value, { win = window, scope = "local" })
  end
  return window
end

--- The parts of an attempt are folded: what was thought is long, and seldom what one wants to read first. While the
--- action runs its thinking is what there is to see, so that is open.
---@param row integer
function M.fold_level(row)
  local line = vim.fn.getline(row)
  if line:match("^### ") then
    return ">2"
  elseif line:match("^#%s") or line:match("^## ") then
    return "0"
  end
  return "="
end

---@param text string
local function write(text)
  local one = assert(view)
  local lines = vim.split((text:gsub("\n$", "")), "\n", { plain = true })
  local follows = one.cursor == nil or vim.deep_equal(one.cursor, vim.api.nvim_win_get_cursor(one.window))
  vim.bo[one.bufnr].modifiable = true
  vim.api.nvim_buf_set_lines(one.bufnr, 0, -1, false, lines)
  vim.bo[one.bufnr].modifiable = false
  if vim.api.nvim_win_get_config(one.window).relative ~= "" then
    vim.api.nvim_win_set_config(one.window, { title = title(one.bufnr), title_pos = "center" })
  end
  local running = require("autothink.status").get().action ~= nil
  if not running then
    vim.api.nvim_win_set_cursor(one.window, { 1, 0 })
  elseif follows then
    vim.api.nvim_win_set_cursor(one.window, { #lines, #lines[#lines] })
    one.cursor = vim.api.nvim_win_get_cursor(one.window)
  end
end

--- The address of the link under the cursor.
---@return string?
local function link_here()
  local line, column = vim.api.nvim_get_current_line(), vim.api.nvim_win_get_cursor(0)[2] + 1
  local first_found, from = nil, 1
  while true do
    local first, last, target = line:find("%[[^%]]*%]%(([^%s%)]+)%)", from)
    if not first then
      return first_found
    elseif column >= first and column <= last then
      return target
    end
    first_found, from = first_found or target, last + 1
  end
end

--- Go to the link under the cursor, else the first one of its line: a place of a file in the window before this one.
function M.follow_link()
  local target = link_here()
  if not target then
    return
  elseif not vim.startswith(target, "file:") then
    return vim.ui.open(target)
  end
  local uri, row = target:match("^(.-)#L(%d+)")
  local path = vim.uri_to_fname(uri or target)
  local windows = vim.tbl_filter(function(window)
    local buftype = vim.bo[vim.api.nvim_win_get_buf(window)].buftype
    return buftype == "" and vim.api.nvim_win_get_config(window).relative == ""
  end, vim.api.nvim_tabpage_list_wins(0))
  if windows[1] then
    vim.api.nvim_set_current_win(windows[1])
  end
  vim.cmd("normal! m'")
  if vim.fn.bufexists(path) == 0 or vim.fn.bufadd(path) ~= vim.api.nvim_get_current_buf() then
    vim.cmd.edit(vim.fn.fnameescape(path))
  end
  if row then
    local last = vim.api.nvim_buf_line_count(0)
    vim.api.nvim_win_set_cursor(0, { math.min(tonumber(row), last), 0 })
  end
end

local function read()
  local one = assert(view)
  local client = vim.lsp.get_client_by_id(one.client_id)
  if not client then
    return
  end
  client:request("workspace/textDocumentContent", { uri = one.uri }, function(err, result)
    if is_open() and view == one and not err and result then
      write(result.text)
    end
  end, one.bufnr)
end

--- `window/showDocument` for one of our documents.
---@param client_id integer
---@param uri string
---@return { success: boolean }
function M.open(client_id, uri)
  if is_open() then
    view.uri, view.client_id, view.cursor = uri, client_id, nil
  else
    local bufnr = make_buffer()
    view = { bufnr = bufnr, window = make_window(bufnr), uri = uri, client_id = client_id }
  end
  read()
  return { success = true }
end

--- The server has more of it.
---@param uri string
function M.refresh(uri)
  if is_open() and view.uri == uri then
    read()
  end
end

--- Show the last action's document, or go to it where it is shown.
function M.show()
  local uri = require("autothink.status").get().document
  local client = require("autothink.client").get()
  if is_open() and view.uri == uri then
    return vim.api.nvim_set_current_win(view.window)
  elseif not uri or not client then
    return require("autothink.say").info("No action has run in this session yet.")
  end
  M.open(client.id, uri)
end

function M.close()
  if is_open() then
    vim.api.nvim_win_close(view.window, true)
  end
  view = nil
end

return M
