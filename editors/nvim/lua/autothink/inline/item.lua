-- From an item of the server to text that can be shown at the cursor, and how to cut it. Pure: no buffer, no window.

local M = {}

---@class autothink.Candidate
---@field id? integer the server's number of it
---@field command? lsp.Command to be run when it is accepted
---@field text string what would stand at the cursor; "\n" between lines
---@field tail string what right of the cursor it replaces, and contains
---@field told table<string, boolean> what the server was told of it

--- What an item adds at the cursor; nil where it cannot be shown there.
---@param item table lsp.InlineCompletionItem
---@param line string the cursor's line
---@param row integer
---@param column integer bytes
---@param encoding string
---@return autothink.Candidate?
function M.from_item(item, line, row, column, encoding)
  local text = item.insertText
  if type(text) ~= "string" then
    return nil -- a snippet; our server sends none
  end
  text = text:gsub("\r\n", "\n"):gsub("\r", "\n")
  local first, last = column, column
  local where = item.range
  if where and where ~= vim.NIL then
    if where.start.line ~= row or where["end"].line ~= row then
      return nil
    end
    first = vim.str_byteindex(line, encoding, where.start.character, false)
    last = vim.str_byteindex(line, encoding, where["end"].character, false)
  end
  local before = line:sub(first + 1, column)
  if first > column or last < column or text:sub(1, #before) ~= before then
    return nil
  end
  text = text:sub(#before + 1)
  local tail = line:sub(column + 1, last)
  if text == tail or text:match("^%s*$") then
    return nil
  end
  local command = item.command ~= vim.NIL and item.command or nil
  local id = command and command.arguments and command.arguments[1]
  return { id = type(id) == "number" and id or nil, command = command, text = text, tail = tail, told = {} }
end

---@class autothink.Piece
---@field text string
---@field offset integer bytes of the tail before it

--- A one-line text as pieces between the characters that stand there already; nil where they do not occur in it.
---@param text string
---@param tail string
---@return autothink.Piece[]?
function M.align(text, tail)
  if tail == "" or vim.endswith(text, tail) then
    return { { text = text:sub(1, #text - #tail), offset = 0 } }
  end
  local pieces, from, offset = {}, 1, 0
  for character in tail:gmatch("[%z\1-\127\194-\244][\128-\191]*") do
    local at = text:find(character, from, true)
    if not at then
      return nil
    end
    if at > from then
      pieces[#pieces + 1] = { text = text:sub(from, at - 1), offset = offset }
    end
    from = at + #character
    offset = offset + #character
  end
  if from <= #text then
    pieces[#pieces + 1] = { text = text:sub(from), offset = offset }
  end
  return pieces
end

--- How many bytes of the tail the first `bytes` of the text stand for.
---@param text string
---@param tail string
---@param bytes integer
---@return integer
function M.tail_within(text, tail, bytes)
  if bytes >= #text then
    return #tail
  end
  local pieces = M.align(text, tail)
  if not pieces or text:find("\n", 1, true) then
    return 0
  end
  local position, offset, inside = 0, 0, 0
  for _, piece in ipairs(pieces) do
    position = position + (piece.offset - offset) -- characters of the tail before this piece
    if position <= bytes then
      inside = piece.offset
    end
    offset = piece.offset
    if position + #piece.text >= bytes then
      return inside
    end
    position = position + #piece.text
  end
  return math.min(#tail, offset + bytes - position)
end

--- Bytes up to the end of the next word, with the blanks and line ends before it.
---@param text string
---@return integer
function M.word_bytes(text)
  local found = vim.fn.matchstr(text, [=[^\_s*\%(\k\+\|[^[:keyword:][:space:]]\+\)]=])
  return found == "" and #text or #found
end

--- Bytes up to the end of the line, or of the next one where it is at its end.
---@param text string
---@return integer
function M.line_bytes(text)
  local from = text:sub(1, 1) == "\n" and 2 or 1
  local at = text:find("\n", from, true)
  return at and at - 1 or #text
end

--- With tabs as blanks, as they would stand at a display column. (Neovim shows raw tabs in virtual text otherwise.)
---@param text string
---@param column integer
---@return string
function M.without_tabs(text, column)
  if not text:find("\t", 1, true) then
    return text
  end
  local parts = {}
  for before, tab in text:gmatch("([^\t]*)(\t?)") do
    parts[#parts + 1] = before
    column = column + vim.fn.strdisplaywidth(before, column)
    if tab ~= "" then
      local width = vim.fn.strdisplaywidth("\t", column)
      parts[#parts + 1] = (" "):rep(width)
      column = column + width
    end
  end
  return table.concat(parts)
end

---@param one string
---@param other string
---@return integer bytes, at a character's border
function M.common_prefix(one, other)
  local bytes = 0
  while bytes < #one and bytes < #other and one:byte(bytes + 1) == other:byte(bytes + 1) do
    bytes = bytes + 1
  end
  while bytes > 0 and bytes < #one and one:byte(bytes + 1) >= 0x80 and one:byte(bytes + 1) < 0xC0 do
    bytes = bytes - 1
  end
  return bytes
end

return M
