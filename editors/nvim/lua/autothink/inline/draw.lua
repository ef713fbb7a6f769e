-- Draws ghost text with extmarks, and takes it away. Knows nothing of where it comes from.

local item = require("autothink.inline.item")

local M = {}

local GHOST, MORE = "AutoThinkSuggestion", "AutoThinkMore"
local namespace = vim.api.nvim_create_namespace("autothink.inline")

---@class autothink.Mark
---@field column integer
---@field options vim.api.keyset.set_extmark

---@param column integer
---@param chunks table[]
---@param position "inline"|"overlay"|"eol"
---@return autothink.Mark
local function mark(column, chunks, position)
  local options = { virt_text = chunks, virt_text_pos = position, hl_mode = "replace", strict = false }
  return { column = column, options = options }
end

---@param text string
---@return integer
local function width(text)
  return vim.fn.strdisplaywidth(text)
end

--- The first line over what stands right of the cursor: what of that goes elsewhere is covered.
---@param first string
---@param covered string
---@param column integer bytes
---@param base integer display column
local function covering(first, covered, column, base)
  local text = item.without_tabs(first, base)
  local missing = vim.fn.strdisplaywidth(covered, base) - width(text)
  return mark(column, { { text, GHOST }, { (" "):rep(math.max(0, missing)) } }, "overlay")
end

---@param place autothink.Drawing
---@return autothink.Mark[]
local function one_line(place)
  local marks = {}
  local pieces = item.align(place.text, place.tail)
  if not pieces then
    return { covering(place.text, place.tail, place.column, place.base) }
  end
  local base = place.base
  for _, piece in ipairs(pieces) do
    local before = place.tail:sub(1, piece.offset)
    local text = item.without_tabs(piece.text, base + width(before))
    marks[#marks + 1] = mark(place.column + piece.offset, { { text, GHOST } }, "inline")
    base = base + width(text)
  end
  return marks
end

---@param place autothink.Drawing
---@return autothink.Mark[], table[] further lines
local function several_lines(place)
  local lines = vim.split(place.text, "\n", { plain = true })
  local marks, below = {}, {}
  local skip = item.common_prefix(lines[1], place.right)
  local covered, first = place.right:sub(skip + 1), lines[1]:sub(skip + 1)
  local base = place.base + width(place.right:sub(1, skip))
  if covered == "" then
    marks[1] = mark(place.column + skip, { { item.without_tabs(first, base), GHOST } }, "inline")
  else
    marks[1] = covering(first, covered, place.column + skip, base)
  end
  for index = 2, #lines do
    below[#below + 1] = { { item.without_tabs(lines[index], 0), GHOST } }
  end
  local after = place.right:sub(#place.tail + 1)
  if after ~= "" then
    table.insert(below[#below], { item.without_tabs(after, width(lines[#lines])) })
  end
  return marks, below
end

--- Draw in the current window only: what is drawn depends on its width, its height and its folds. Neovim 0.10 cannot do
--- that, and draws in all windows of the buffer.
local function limit_to_window()
  if vim.api.nvim__ns_set then
    pcall(vim.api.nvim__ns_set, namespace, { wins = { vim.api.nvim_get_current_win() } })
  end
end

--- Screen lines of the window below the cursor's line.
---@param row integer
local function room_below(row)
  local text = vim.api.nvim_win_text_height(0, { start_row = row, end_row = row })
  local rows = math.max(1, text.all - text.fill)
  local start = vim.fn.winline() - 1
  local line_start = vim.fn.screenpos(0, row + 1, 1).row
    - vim.fn.win_screenpos(0)[1]
    - vim.fn.getwininfo(vim.api.nvim_get_current_win())[1].winbar
  if line_start < 0 or line_start > start then
    line_start = start
  end
  return vim.api.nvim_win_get_height(0) - line_start - rows
end

---@class autothink.Drawing
---@field row integer
---@field column integer bytes
---@field base integer display column
---@field text string
---@field tail string replaced
---@field right string all that stands right of the cursor
---@field note? string "2/3"

--- Show `text` at the cursor of the current window, in place of what was shown.
---@param bufnr integer
---@param place { row: integer, column: integer, text: string, tail: string, note?: string }
function M.show(bufnr, place)
  local line = vim.api.nvim_buf_get_lines(bufnr, place.row, place.row + 1, false)[1] or ""
  place = vim.tbl_extend("force", place, {
    base = vim.fn.strdisplaywidth(line:sub(1, place.column)),
    right = line:sub(place.column + 1),
  })
  limit_to_window()
  local marks, below
  if place.text:find("\n", 1, true) then
    marks, below = several_lines(place)
  else
    marks, below = one_line(place), {}
  end
  for index, each in ipairs(marks) do
    each.options.id = index
    vim.api.nvim_buf_set_extmark(bufnr, namespace, place.row, each.column, each.options)
  end
  local notes = place.note and { { "  " .. place.note, MORE } } or {}
  local hidden = #below > 0 and #below - math.max(0, room_below(place.row)) or 0
  if hidden > 0 then
    notes[#notes + 1] = { ("  +%d line%s"):format(hidden, hidden == 1 and "" or "s"), MORE }
  end
  local last = #marks + 1
  local options = { id = last, virt_lines = below, virt_text = notes, virt_text_pos = "eol" }
  options.virt_lines_overflow = "scroll"
  vim.api.nvim_buf_set_extmark(bufnr, namespace, place.row, place.column, options)
  for _, old in ipairs(vim.api.nvim_buf_get_extmarks(bufnr, namespace, 0, -1, {})) do
    if old[1] > last then
      vim.api.nvim_buf_del_extmark(bufnr, namespace, old[1])
    end
  end
end

---@param bufnr integer
function M.clear(bufnr)
  if vim.api.nvim_buf_is_valid(bufnr) then
    vim.api.nvim_buf_clear_namespace(bufnr, namespace, 0, -1)
  end
end

return M
