-- What the keys do to the suggestion that is shown: take all or a part of it, look at another one.

local accept = require("autothink.inline.accept")
local feedback = require("autothink.feedback")
local item = require("autothink.inline.item")
local request = require("autothink.inline.request")
local say = require("autothink.say")
local state = require("autothink.inline.state")

local M = {}

--- Keys that take `bytes` of what is shown; nil where nothing is.
---@param measure fun(rest: string): integer
---@return string?
local function take(measure)
  local one = state.shown
  local candidate = one and state.chosen(one)
  local found = one and candidate and state.fit(one, candidate)
  if not one or not candidate or not found or not state.is_visible() then
    return nil
  end
  local bytes = measure(found.rest)
  local whole = bytes >= #found.rest
  request.cancel()
  if whole then
    state.hide()
  end
  return accept.keys({
    bufnr = one.bufnr,
    text = found.rest:sub(1, bytes),
    delete_bytes = item.tail_within(found.rest, found.tail, bytes),
    done = function()
      if whole then
        state.drop("used")
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

---@param step 1|-1
---@return boolean
function M.cycle(step)
  local one = state.shown
  if not one or not state.is_visible() then
    return false
  end
  local fitting = {}
  for index, candidate in ipairs(one.candidates) do
    if state.fit(one, candidate) then
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
    state.render(assert(state.fit(one, state.chosen(one))))
  else
    M.ask_for_more(one)
  end
  return true
end

--- Have the server think of something else for the same place.
---@param one autothink.Shown
function M.ask_for_more(one)
  request.ask(one.bufnr, "invoked", function(items, client)
    if state.shown ~= one then
      return
    end
    local found = state.fit(one, state.chosen(one))
    for _, candidate in ipairs(found and state.candidates_of(one.bufnr, items, client) or {}) do
      if candidate.text ~= found.rest then
        local first = state.chosen(one)
        candidate.text = first.text:sub(1, #first.text - #found.rest) .. candidate.text
        candidate.tail = first.tail:sub(1, #first.tail - #found.tail) .. candidate.tail
        table.insert(one.candidates, candidate)
        one.index = #one.candidates
        found = assert(state.fit(one, candidate))
      end
    end
    if found then
      state.render(found)
    end
  end)
end

return M
