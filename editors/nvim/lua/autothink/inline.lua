-- Ghost text: what is shown at the cursor, and what each key does to it. Typing along shrinks it without a request;
-- anything else takes it away and asks anew.

local accept = require("autothink.inline.accept")
local feedback = require("autothink.feedback")
local menu = require("autothink.inline.menu")
local request = require("autothink.inline.request")
local state = require("autothink.inline.state")

local M = {}

local last = {} ---@type { tick?: integer, row?: integer, column?: integer }
local group = vim.api.nvim_create_augroup("autothink.inline", {})
local menu_group = vim.api.nvim_create_augroup("autothink.menu", {})

---@param bufnr integer
---@param kind "automatic"|"invoked"
---@param begin? fun(bufnr: integer, candidates: autothink.Candidate[]) what to do with the answer; shows it by default
local function ask(bufnr, kind, begin)
  local is_drawn = require("autothink.config").draws()
  if not is_drawn or require("autothink.off").undrawn(bufnr) or vim.fn.reg_executing() ~= "" then
    return
  end
  request.ask(bufnr, kind, function(items, client)
    local candidates = state.candidates_of(bufnr, items, client)
    if #candidates > 0 then
      (begin or state.begin)(bufnr, candidates)
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
  local row, column = state.cursor()
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
  local one = state.shown
  local found = one and state.fit(one, state.chosen(one))
  if one and found and not state.is_used_up(found) then
    request.cancel()
    return state.render(found)
  end
  state.drop(state.is_used_up(found) and "used" or changed and "dismissed" or "left")
  if changed and require("autothink.config").get().inline.auto and not menu.is_open() then
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
  if menu.is_open() then
    request.cancel()
    return state.hide()
  end
  last = {}
  follow(bufnr)
end

local function leave()
  request.cancel()
  state.drop("left")
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
    menu.watch(menu_group, menu_changed)
    local row, column = state.cursor()
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
  on("CursorMoved", function()
    require("autothink.resting").moved(bufnr)
  end)
  on({ "InsertLeave", "BufLeave" }, leave)
  on("TextChanged", function()
    feedback.changed(bufnr)
  end)
  on("LspDetach", function(args)
    local client = vim.lsp.get_client_by_id(args.data.client_id)
    if client and client.name == "autothink" then
      leave()
      vim.api.nvim_clear_autocmds({ group = group, buffer = bufnr })
    end
  end)
  -- CTRL-C leaves without InsertLeave.
  vim.api.nvim_create_autocmd("ModeChanged", {
    group = group,
    buffer = bufnr,
    callback = function()
      if state.shown and vim.v.event.new_mode:sub(1, 1) ~= "i" then
        leave()
      end
    end,
  })
  local is_typing = vim.api.nvim_get_current_buf() == bufnr and vim.fn.mode() == "i"
  if is_typing and require("autothink.config").get().inline.auto then
    ask(bufnr, "automatic") -- the server became ready while the user types
  end
end

--- `autothink/lateAnswer`: what was asked for has come after its deadline, or the rest of what is shown. Ask again if
--- the cursor is still there and nothing was typed or asked for since.
---@param client_id integer
---@param params { uri: string, position: lsp.Position, version: integer, extends: boolean? }
function M.answer_came(client_id, params)
  local client = vim.lsp.get_client_by_id(client_id)
  local bufnr = vim.api.nvim_get_current_buf()
  if not client or vim.uri_from_bufnr(bufnr) ~= params.uri or vim.fn.mode() ~= "i" or accept.is_running() then
    return
  elseif not require("autothink.config").get().inline.auto or vim.lsp.util.buf_versions[bufnr] ~= params.version then
    return
  elseif request.is_running() or menu.is_open() then
    return
  elseif params.extends and not state.is_visible() or not params.extends and state.shown then
    return
  end
  local here = vim.lsp.util.make_position_params(0, client.offset_encoding).position
  if here.line == params.position.line and here.character == params.position.character then
    ask(bufnr, "automatic", params.extends and state.extend or nil)
  end
end

---@return boolean whether there was something to dismiss
function M.dismiss()
  local visible = state.is_visible()
  request.cancel()
  if visible then
    state.drop("dismissed")
  end
  return visible
end

M.is_visible = state.is_visible

--- Ask now, whatever `auto` says.
function M.trigger()
  local bufnr = vim.api.nvim_get_current_buf()
  state.drop("dismissed")
  ask(bufnr, "invoked")
end

return M
