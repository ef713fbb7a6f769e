-- Fix, explain, refactor by command: what the server offers at the cursor, chosen for the user, and carried out as
-- `vim.lsp.buf.code_action()` would.

local intercept = require("autothink.intercept")
local say = require("autothink.say")

local M = {}

local OURS = "AutoThink: "

---@return vim.lsp.Client?
local function client_here()
  local bufnr = vim.api.nvim_get_current_buf()
  local client = require("autothink.client").get(bufnr)
  if not client then
    say.problem(require("autothink.off").unserved(bufnr))
  end
  return client
end

---@param a vim.Diagnostic
---@param b vim.Diagnostic
local function before(a, b)
  return a.lnum < b.lnum or (a.lnum == b.lnum and a.col < b.col)
end

--- Errors first, then the message about the smallest piece of code.
---@param a vim.Diagnostic
---@param b vim.Diagnostic
local function more_urgent(a, b)
  if a.severity ~= b.severity then
    return a.severity < b.severity
  end
  local lines_a, lines_b = (a.end_lnum or a.lnum) - a.lnum, (b.end_lnum or b.lnum) - b.lnum
  if lines_a ~= lines_b then
    return lines_a < lines_b
  end
  return (a.end_col or a.col) - a.col < (b.end_col or b.col) - b.col
end

---@param one vim.Diagnostic
---@param row integer
---@param column integer
local function contains(one, row, column)
  local last_row, last_column = one.end_lnum or one.lnum, one.end_col or one.col
  local starts = one.lnum < row or (one.lnum == row and one.col <= column)
  return starts and (last_row > row or (last_row == row and last_column >= column))
end

--- The messages to fix, the most urgent one first: those at the cursor, else on its line, else the next one below, else
--- the first. Hints only where there is nothing else.
---@return vim.Diagnostic[]
local function messages_near()
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  row = row - 1
  local all = vim.diagnostic.get(0, { severity = { min = vim.diagnostic.severity.INFO } })
  all = #all > 0 and all or vim.diagnostic.get(0)
  table.sort(all, before)
  local at_cursor, on_line, below = {}, {}, nil
  for _, one in ipairs(all) do
    if contains(one, row, column) then
      at_cursor[#at_cursor + 1] = one
    end
    if one.lnum == row then
      on_line[#on_line + 1] = one
    end
    below = below or (one.lnum > row and one or nil)
  end
  local found = #at_cursor > 0 and at_cursor or on_line
  table.sort(found, more_urgent)
  return #found > 0 and found or { below or all[1] }
end

---@param client vim.lsp.Client
---@param where lsp.Range
---@param diagnostics lsp.Diagnostic[]
---@param kind string
---@param on_offers fun(actions: lsp.CodeAction[])
local function ask_for_offers(client, where, diagnostics, kind, on_offers)
  local bufnr = vim.api.nvim_get_current_buf()
  local params = {
    textDocument = { uri = vim.uri_from_bufnr(bufnr) },
    range = where,
    context = { diagnostics = diagnostics, only = { kind }, triggerKind = 1 },
  }
  client:request("textDocument/codeAction", params, function(err, result)
    if err then
      return say.problem(err.message)
    end
    on_offers(vim.tbl_filter(function(action)
      return vim.startswith(action.title, OURS)
    end, result or {}))
  end, bufnr)
end

--- Resolve an offer and apply what comes. What is not proved has been turned into a preview on the way.
---@param client vim.lsp.Client
---@param offer? lsp.CodeAction
local function carry_out(client, offer)
  if not offer then
    return say.info("No actions available here.")
  end
  client:request("codeAction/resolve", offer, function(err, action)
    if err then
      if err.code ~= -32800 then -- cancelled: the user knows
        say.problem(err.message)
      end
    elseif action.edit then
      require("autothink.preview").make(action.edit, client.offset_encoding)
    end
  end, vim.api.nvim_get_current_buf())
end

---@param offers lsp.CodeAction[]
---@param words string
---@return lsp.CodeAction?
local function first_with(offers, words)
  for _, offer in ipairs(offers) do
    if vim.startswith(offer.title, OURS .. words) then
      return offer
    end
  end
end

--- The selection's lines where there is one, else the cursor.
---@param client vim.lsp.Client
---@param lines? { first: integer, last: integer } one-based
---@return lsp.Range
local function place(client, lines)
  local encoding = client.offset_encoding
  if lines then
    local last = vim.api.nvim_buf_get_lines(0, lines.last - 1, lines.last, false)[1] or ""
    return vim.lsp.util.make_given_range_params({ lines.first, 0 }, { lines.last, #last }, 0, encoding).range
  end
  return vim.lsp.util.make_range_params(0, encoding).range
end

--- Explain and fix the message at the cursor, or the nearest one.
function M.fix()
  local client = client_here()
  local messages = client and messages_near() or {}
  if not client or not require("autothink.preview").is_modifiable(0) then
    return
  elseif #messages == 0 then
    return say.info("No problems to fix in this buffer.")
  end
  local diagnostics = vim.tbl_map(function(one)
    return intercept.to_lsp(vim.api.nvim_get_current_buf(), one, client.offset_encoding)
  end, messages)
  ask_for_offers(client, diagnostics[1].range, diagnostics, "quickfix", function(offers)
    carry_out(client, first_with(offers, "Explain and fix"))
  end)
end

---@param lines? { first: integer, last: integer }
function M.explain(lines)
  local client = client_here()
  if client then
    ask_for_offers(client, place(client, lines), {}, "refactor", function(offers)
      carry_out(client, first_with(offers, "Explain "))
    end)
  end
end

--- Let the user pick one of what is offered, or do what the words ask for.
---@param lines? { first: integer, last: integer }
---@param instruction? string
function M.refactor(lines, instruction)
  local client = client_here()
  if not client or not require("autothink.preview").is_modifiable(0) then
    return
  end
  local where, bufnr = place(client, lines), vim.api.nvim_get_current_buf()
  if instruction and instruction ~= "" then
    local data = {
      action = "describe",
      instruction = instruction,
      uri = vim.uri_from_bufnr(bufnr),
      version = vim.lsp.util.buf_versions[bufnr],
      range = where,
    }
    return client:exec_cmd({ title = "", command = "autothink.action", arguments = { data } }, { bufnr = bufnr })
  end
  ask_for_offers(client, where, {}, "refactor", function(offers)
    if #offers == 0 then
      return carry_out(client, nil)
    end
    -- Choosers (telescope-ui-select, dressing) read items of this kind as Neovim's own code actions are.
    local items = vim.tbl_map(function(offer)
      return { action = offer, ctx = { bufnr = bufnr, client_id = client.id, method = "textDocument/codeAction" } }
    end, offers)
    local options = {
      prompt = "AutoThink:",
      kind = "codeaction",
      format_item = function(item)
        return item.action.title:sub(#OURS + 1)
      end,
    }
    vim.ui.select(items, options, function(item)
      if item then
        carry_out(client, item.action)
      end
    end)
  end)
end

--- One of the server's own commands about what runs.
---@param command "autothink.answerNow"|"autothink.cancel"
---@param nothing string said where nothing runs
function M.tell_running(command, nothing)
  local client = require("autothink.client").get()
  if not client then
    return say.info(nothing)
  end
  client:exec_cmd({ title = command, command = command }, nil, function(err, ran)
    if err or ran ~= true then
      say.info(nothing)
    end
  end)
end

function M.answer_now()
  M.tell_running("autothink.answerNow", "The model is not thinking.")
end

--- Change the last edit of this buffer by the user's words about it; in the document of an action the last edit of all.
---@param words string
function M.again(words)
  local here = require("autothink.client").get(vim.api.nvim_get_current_buf())
  local client = here or (vim.bo.buftype ~= "" and require("autothink.client").get()) or client_here()
  if not client then
    return
  end
  local uri = here and vim.uri_from_bufnr(0) or nil
  local function send(text)
    if text and vim.trim(text) ~= "" then
      local command =
        { title = "AutoThink", command = "autothink.followUp", arguments = { { text = text, uri = uri } } }
      client:exec_cmd(command, nil, function(err)
        if err then
          say.problem(err.message)
        end
      end)
    end
  end
  if words ~= "" then
    send(words)
  else
    vim.ui.input({ prompt = "Describe what to change: " }, send)
  end
end

function M.cancel()
  M.tell_running("autothink.cancel", "No action is running.")
end

return M
