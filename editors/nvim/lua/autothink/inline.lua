-- Ghost text: what is shown at the cursor, and what each key does to it. Typing along shrinks it without a request;
-- anything else takes it away and asks anew.

local accept = require("autothink.inline.accept")
local draw = require("autothink.inline.draw")
local feedback = require("autothink.feedback")
local item = require("autothink.inline.item")
local request = require("autothink.inline.request")
local say = require("autothink.say")

local M = {}

local namespace = vim.api.nvim_create_namespace("autothink.anchor")
local group = vim.api.nvim_create_augroup("autothink.inline", {})

---@class autothink.Shown
---@field bufnr integer
---@field anchor integer extmark at the place that was asked for
---@field before string the line up to there
---@field right string the line from there
---@field candidates autothink.Candidate[]
---@field index integer
---@field drawn boolean

local shown = nil ---@type autothink.Shown?
local last = {} ---@type { tick?: integer, row?: integer, column?: integer }

---@return integer row, integer column
local function cursor()
  local at = vim.api.nvim_win_get_cursor(0)
  return at[1] - 1, at[2]
end

---@param bufnr integer
---@param row integer
local function line_at(bufnr, row)
  return vim.api.nvim_buf_get_lines(bufnr, row, row + 1, false)[1] or ""
end

---@return autothink.Candidate
local function chosen(one)
  return one.candidates[one.index]
end

---@class autothink.Fit
---@field rest string what is not in the buffer yet
---@field tail string what right of the cursor it replaces

--- How a candidate continues what stands before the cursor now; nil where it does not.
---@param one autothink.Shown
---@param candidate autothink.Candidate
---@return autothink.Fit?
local function fit(one, candidate)
  local start = vim.api.nvim_buf_get_extmark_by_id(one.bufnr, namespace, one.anchor, {})
  local row, column = cursor()
  local row0, column0 = start[1], start[2]
  if not row0 or row < row0 or (row == row0 and column < column0) then
    return nil
  end
  if line_at(one.bufnr, row0):sub(1, column0) ~= one.before then
    return nil
  end
  local typed = table.concat(vim.api.nvim_buf_get_text(one.bufnr, row0, column0, row, column, {}), "\n")
  if candidate.text:sub(1, #typed) ~= typed then
    return nil
  end
  local right = line_at(one.bufnr, row):sub(column + 1)
  local taken = #one.right - #right
  if taken < 0 or taken > #candidate.tail or one.right:sub(taken + 1) ~= right then
    return nil
  end
  local found = { rest = candidate.text:sub(#typed + 1), tail = candidate.tail:sub(taken + 1) }
  if taken > 0 and not found.rest:find("\n", 1, true) and not item.align(found.rest, found.tail) then
    return nil
  end
  return found
end

--- Whether a menu is open that ghost text must not compete with.
local function menu_is_open()
  if not require("autothink.config").get().inline.hide_with_menu then
    return false
  end
  if vim.fn.pumvisible() == 1 then
    return true
  end
  local cmp, blink = package.loaded["cmp"], package.loaded["blink.cmp"]
  return (cmp and cmp.visible and cmp.visible()) or (blink and blink.is_visible and blink.is_visible()) or false
end

local function hide()
  if shown and shown.drawn then
    shown.drawn = false
    draw.clear(shown.bufnr)
  end
end

--- Take it away. `why` says whether the user did not want it.
---@param why "dismissed"|"used"
local function drop(why)
  local one = shown
  shown = nil
  if not one then
    return
  end
  draw.clear(one.bufnr)
  pcall(vim.api.nvim_buf_del_extmark, one.bufnr, namespace, one.anchor)
  if why == "dismissed" then
    for _, candidate in ipairs(one.candidates) do
      feedback.dismissed(one.bufnr, candidate)
    end
  end
end

---@param found autothink.Fit
local function render(found)
  local one = assert(shown)
  local row, column = cursor()
  if menu_is_open() or vim.fn.foldclosed(row + 1) ~= -1 then
    return hide()
  end
  local note = #one.candidates > 1 and ("%d/%d"):format(one.index, #one.candidates) or nil
  draw.show(one.bufnr, { row = row, column = column, text = found.rest, tail = found.tail, note = note })
  one.drawn = true
  local candidate = chosen(one)
  if feedback.tell(one.bufnr, candidate, "shown") then
    require("autothink.status").shown()
    say.event("AutoThinkSuggestion", { id = candidate.id, bufnr = one.bufnr })
  end
end

---@param found? autothink.Fit
local function is_used_up(found)
  return found ~= nil and (found.rest == found.tail or found.rest:match("^%s*$") ~= nil)
end

---@param bufnr integer
---@param items table[]
---@param client vim.lsp.Client
---@return autothink.Candidate[]
local function candidates_of(bufnr, items, client)
  local row, column = cursor()
  local line, found = line_at(bufnr, row), {}
  for _, each in ipairs(items) do
    found[#found + 1] = item.from_item(each, line, row, column, client.offset_encoding)
  end
  return found
end

---@param bufnr integer
---@param candidates autothink.Candidate[]
local function begin(bufnr, candidates)
  drop("dismissed")
  local row, column = cursor()
  local line = line_at(bufnr, row)
  shown = {
    bufnr = bufnr,
    anchor = vim.api.nvim_buf_set_extmark(bufnr, namespace, row, column, { right_gravity = false }),
    before = line:sub(1, column),
    right = line:sub(column + 1),
    candidates = candidates,
    index = 1,
    drawn = false,
  }
  local found = fit(shown, candidates[1])
  if found then
    render(found)
  end
end

---@param bufnr integer
---@param kind "automatic"|"invoked"
local function ask(bufnr, kind)
  if require("autothink.off").reason(bufnr) or vim.fn.reg_executing() ~= "" then
    return
  end
  request.ask(bufnr, kind, function(items, client)
    local candidates = candidates_of(bufnr, items, client)
    if #candidates > 0 then
      begin(bufnr, candidates)
    end
    require("autothink.status").changed()
  end)
end

--- The text or the cursor may be elsewhere than before.
---@param bufnr integer
local function follow(bufnr)
  if accept.is_running() or vim.fn.mode() ~= "i" then
    return
  end
  local row, column = cursor()
  local tick = vim.api.nvim_buf_get_changedtick(bufnr)
  local changed = tick ~= last.tick
  if not changed and row == last.row and column == last.column then
    return
  end
  last = { tick = tick, row = row, column = column }
  if changed then
    request.note_key()
    feedback.changed(bufnr)
  end
  local one = shown
  local found = one and fit(one, chosen(one))
  if one and found and not is_used_up(found) then
    request.cancel()
    return render(found)
  end
  drop(is_used_up(found) and "used" or "dismissed")
  if changed and require("autothink.config").get().inline.auto and not menu_is_open() then
    ask(bufnr, "automatic")
  else
    request.cancel()
  end
end

--- The menu opened or closed: the same text, but it may be shown now, or no longer.
---@param bufnr integer
local function menu_changed(bufnr)
  if vim.fn.mode() ~= "i" or vim.api.nvim_get_current_buf() ~= bufnr or accept.is_running() then
    return
  end
  if menu_is_open() then
    request.cancel()
    return hide()
  end
  last = {}
  follow(bufnr)
end

local function leave()
  request.cancel()
  drop("dismissed")
  last = {}
end

--- Have ghost text in a buffer.
---@param bufnr integer
function M.attach(bufnr)
  vim.api.nvim_clear_autocmds({ group = group, buffer = bufnr })
  local function on(events, call)
    vim.api.nvim_create_autocmd(events, { group = group, buffer = bufnr, callback = call })
  end
  on("InsertEnter", function()
    local row, column = cursor()
    last = { tick = vim.api.nvim_buf_get_changedtick(bufnr), row = row, column = column }
    if require("autothink.config").get().inline.auto then
      ask(bufnr, "automatic")
    end
  end)
  on({ "TextChangedI", "TextChangedP", "CursorMovedI" }, function()
    follow(bufnr)
  end)
  on("CompleteChanged", function()
    menu_changed(bufnr)
  end)
  on("CompleteDone", function()
    vim.schedule(function()
      menu_changed(bufnr)
    end)
  end)
  on({ "InsertLeave", "BufLeave" }, leave)
  on("TextChanged", function()
    feedback.changed(bufnr)
  end)
  on("LspDetach", function(args)
    if vim.lsp.get_client_by_id(args.data.client_id).name == "autothink" then
      leave()
      vim.api.nvim_clear_autocmds({ group = group, buffer = bufnr })
    end
  end)
  -- CTRL-C leaves without InsertLeave.
  vim.api.nvim_create_autocmd("ModeChanged", {
    group = group,
    buffer = bufnr,
    callback = function()
      if shown and vim.v.event.new_mode:sub(1, 1) ~= "i" then
        leave()
      end
    end,
  })
  if vim.api.nvim_get_current_buf() == bufnr and vim.fn.mode() == "i" then
    ask(bufnr, "automatic") -- the server came while somebody types
  end
end

--- Whether ghost text is to be seen in the current buffer.
function M.is_visible()
  return shown ~= nil and shown.drawn and shown.bufnr == vim.api.nvim_get_current_buf()
end

--- Keys that take `bytes` of what is shown; nil where nothing is.
---@param measure fun(rest: string): integer
---@return string?
local function take(measure)
  local one = shown
  local candidate = one and chosen(one)
  local found = one and candidate and fit(one, candidate)
  if not one or not candidate or not found or not M.is_visible() then
    return nil
  end
  local bytes = measure(found.rest)
  local whole = bytes >= #found.rest
  request.cancel()
  if whole then
    hide()
  end
  return accept.keys({
    bufnr = one.bufnr,
    text = found.rest:sub(1, bytes),
    delete_bytes = item.tail_within(found.rest, found.tail, bytes),
    done = function()
      if whole then
        drop("used")
        feedback.accepted(one.bufnr, candidate)
        require("autothink.status").accepted()
      else
        feedback.tell(one.bufnr, candidate, "partly")
      end
      say.event("AutoThinkAccepted", { id = candidate.id, bufnr = one.bufnr, whole = whole })
    end,
  })
end

function M.accept()
  return take(function(rest)
    return #rest
  end)
end

function M.accept_word()
  return take(item.word_bytes)
end

function M.accept_line()
  return take(item.line_bytes)
end

---@return boolean whether there was something to dismiss
function M.dismiss()
  local visible = M.is_visible()
  request.cancel()
  if visible then
    drop("dismissed")
  end
  return visible
end

---@param step 1|-1
---@return boolean
function M.cycle(step)
  local one = shown
  if not one or not M.is_visible() then
    return false
  end
  local fitting = {}
  for index, candidate in ipairs(one.candidates) do
    if fit(one, candidate) then
      fitting[#fitting + 1] = index
    end
  end
  if #fitting > 1 then
    for place, index in ipairs(fitting) do
      if index == one.index then
        one.index = fitting[(place - 1 + step) % #fitting + 1]
        break
      end
    end
    render(assert(fit(one, chosen(one))))
  else
    M.ask_for_more(one)
  end
  return true
end

--- Have the server think of something else for the same place.
---@param one autothink.Shown
function M.ask_for_more(one)
  request.ask(one.bufnr, "invoked", function(items, client)
    if shown ~= one then
      return
    end
    local found = fit(one, chosen(one))
    for _, candidate in ipairs(found and candidates_of(one.bufnr, items, client) or {}) do
      if candidate.text ~= found.rest then
        local first = chosen(one)
        candidate.text = first.text:sub(1, #first.text - #found.rest) .. candidate.text
        candidate.tail = first.tail:sub(1, #first.tail - #found.tail) .. candidate.tail
        table.insert(one.candidates, candidate)
        one.index = #one.candidates
        found = assert(fit(one, candidate))
      end
    end
    if found then
      render(found)
    end
  end)
end

--- Ask now, whatever `auto` says.
function M.trigger()
  local bufnr = vim.api.nvim_get_current_buf()
  drop("dismissed")
  ask(bufnr, "invoked")
end

return M
