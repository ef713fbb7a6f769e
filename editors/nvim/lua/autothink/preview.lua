-- An edit that wants to be confirmed is shown as a diff, and applied only when the user says so.

local say = require("autothink.say")

local M = {}

local CHANGED = "Not applied: the document has changed in the meantime."

---@param edit table lsp.WorkspaceEdit
local function wants_confirmation(edit)
  for _, annotation in pairs(edit.changeAnnotations or {}) do
    if annotation.needsConfirmation then
      return true, annotation.label, annotation.description
    end
  end
  return false
end

---@param uri string
---@param edits lsp.TextEdit[]
---@param encoding string
---@return string before, string after
local function texts(uri, edits, encoding)
  local lines = {}
  local name = vim.startswith(uri, "file:") and vim.uri_to_fname(uri)
  if not name or vim.uv.fs_stat(name) or vim.fn.bufexists(name) == 1 then
    local bufnr = vim.uri_to_bufnr(uri)
    vim.fn.bufload(bufnr)
    lines = vim.api.nvim_buf_get_lines(bufnr, 0, -1, false)
  end
  local scratch = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_buf_set_lines(scratch, 0, -1, false, lines)
  vim.lsp.util.apply_text_edits(vim.deepcopy(edits), scratch, encoding)
  local after = vim.api.nvim_buf_get_lines(scratch, 0, -1, false)
  vim.api.nvim_buf_delete(scratch, { force = true })
  local function joined(all)
    return #all > 0 and table.concat(all, "\n") .. "\n" or ""
  end
  return joined(lines), joined(after)
end

---@param edit table lsp.WorkspaceEdit
---@param encoding string
---@return string[]
local function diff_lines(edit, encoding)
  local found = {}
  for _, change in ipairs(edit.documentChanges or {}) do
    if change.kind == "create" then
      found[#found + 1] = "new file " .. vim.fn.fnamemodify(vim.uri_to_fname(change.uri), ":.")
    elseif change.textDocument then
      local before, after = texts(change.textDocument.uri, change.edits, encoding)
      local name = vim.fn.fnamemodify(vim.uri_to_fname(change.textDocument.uri), ":.")
      vim.list_extend(found, { "--- " .. name, "+++ " .. name })
      local diff = vim.text and vim.text.diff or vim.diff
      local text = diff(before, after, { ctxlen = 3 }) --[[@as string]]
      vim.list_extend(found, vim.split((text:gsub("\n$", "")), "\n", { plain = true }))
    end
  end
  return found
end

---@param lines string[]
---@return integer window, integer bufnr
local function open(lines)
  local bufnr = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_buf_set_lines(bufnr, 0, -1, false, lines)
  vim.bo[bufnr].modifiable = false
  vim.bo[bufnr].bufhidden = "wipe"
  vim.bo[bufnr].filetype = "diff"
  local widest, rows = 40, 0
  for _, line in ipairs(lines) do
    widest = math.max(widest, vim.fn.strdisplaywidth(line) + 2)
  end
  local width = math.min(vim.o.columns - 4, widest)
  for _, line in ipairs(lines) do
    rows = rows + math.max(1, math.ceil(vim.fn.strdisplaywidth(line) / width))
  end
  local height = math.min(vim.o.lines - 5, rows)
  local window = vim.api.nvim_open_win(bufnr, true, {
    relative = "editor",
    width = width,
    height = height,
    row = math.max(0, math.floor((vim.o.lines - height) / 2) - 1),
    col = math.max(0, math.floor((vim.o.columns - width) / 2)),
    border = "rounded",
    style = "minimal",
    title = " AutoThink: apply this edit? ",
    footer = " y apply · q discard ",
    footer_pos = "right",
  })
  vim.wo[window].wrap = true
  vim.wo[window].linebreak = true
  return window, bufnr
end

---@param edit table lsp.WorkspaceEdit
---@return boolean whether every document is as it was when the edit was made
function M.is_current(edit)
  for _, change in ipairs(edit.documentChanges or {}) do
    local version = change.textDocument and change.textDocument.version
    if version and version ~= vim.NIL then
      local bufnr = vim.uri_to_bufnr(change.textDocument.uri)
      if vim.lsp.util.buf_versions[bufnr] ~= version then
        return false
      end
    end
  end
  return true
end

--- Make an edit, unless a document has changed or may not be changed, which the user is told.
---@param edit table lsp.WorkspaceEdit
---@param encoding string
---@return boolean
function M.make(edit, encoding)
  if not M.is_current(edit) then
    say.problem(CHANGED)
    return false
  end
  for _, change in ipairs(edit.documentChanges or {}) do
    local bufnr = change.textDocument and vim.uri_to_bufnr(change.textDocument.uri)
    if bufnr and vim.api.nvim_buf_is_loaded(bufnr) and not M.is_modifiable(bufnr) then
      return false
    end
  end
  local is_made, err = pcall(vim.lsp.util.apply_workspace_edit, edit, encoding)
  if not is_made then
    say.problem(("Not all of the edit could be applied: %s"):format(err))
  end
  return is_made
end

--- Whether a buffer may be changed; where not, the user is told.
---@param bufnr integer
---@return boolean
function M.is_modifiable(bufnr)
  local may = vim.bo[bufnr].modifiable
  if not may then
    say.problem("This buffer cannot be changed: 'modifiable' is off.")
  end
  return may
end

--- Without what the user has agreed to already.
local function agreed(edit)
  edit = vim.deepcopy(edit)
  edit.changeAnnotations = nil
  return edit
end

---@param edit table lsp.WorkspaceEdit
---@param encoding string
---@param decided fun(applied: boolean)
local function show(edit, encoding, decided)
  local _, label, description = wants_confirmation(edit)
  local lines = { label or "AutoThink" }
  if type(description) == "string" then
    vim.list_extend(lines, vim.split(description, "\n", { plain = true }))
  end
  vim.list_extend(lines, { "" })
  local window, bufnr = open(vim.list_extend(lines, diff_lines(edit, encoding)))
  local answered = false
  local function answer(apply)
    if answered then
      return
    end
    answered = true
    if vim.api.nvim_win_is_valid(window) then
      vim.api.nvim_win_close(window, true)
    end
    decided(apply and M.make(agreed(edit), encoding))
  end
  for _, lhs in ipairs({ "y", "<CR>" }) do
    vim.keymap.set("n", lhs, function()
      answer(true)
    end, { buffer = bufnr, nowait = true, desc = "AutoThink: apply" })
  end
  for _, lhs in ipairs({ "n", "q", "<Esc>" }) do
    vim.keymap.set("n", lhs, function()
      answer(false)
    end, { buffer = bufnr, nowait = true, desc = "AutoThink: discard" })
  end
  vim.api.nvim_create_autocmd("BufWipeout", {
    buffer = bufnr,
    once = true,
    callback = vim.schedule_wrap(function()
      answer(false)
    end),
  })
end

--- Ask about an edit, once nothing is being typed. `decided` hears whether it was applied.
---@param edit table lsp.WorkspaceEdit
---@param encoding string
---@param decided fun(applied: boolean)
function M.ask(edit, encoding, decided)
  require("autothink.question").when_idle(function()
    if M.is_current(edit) then
      return show(edit, encoding, decided)
    end
    say.problem(CHANGED)
    decided(false)
  end)
end

--- A resolved action as Neovim may apply it at once: an edit that wants to be confirmed is taken out and asked about.
---@param action? table lsp.CodeAction
---@param client vim.lsp.Client
---@return table?
function M.without_unconfirmed(action, client)
  if not action or not action.edit or not wants_confirmation(action.edit) then
    return action
  end
  local edit = action.edit
  vim.schedule(function()
    M.ask(edit, client.offset_encoding, function() end)
  end)
  action = vim.deepcopy(action)
  action.edit = nil
  return action
end

--- `workspace/applyEdit`: asks first where the edit wants it; the server hears what became of it.
---@param err? table
---@param params table
---@param ctx table
function M.apply(err, params, ctx)
  local client = assert(vim.lsp.get_client_by_id(ctx.client_id))
  if not wants_confirmation(params.edit) then
    return vim.lsp.handlers["workspace/applyEdit"](err, { edit = params.edit }, ctx)
  end
  local thread = coroutine.running()
  if not thread then
    M.ask(params.edit, client.offset_encoding, function() end)
    return { applied = false, failureReason = "shown to the user first" }
  end
  M.ask(params.edit, client.offset_encoding, function(applied)
    vim.schedule(function()
      coroutine.resume(thread, applied)
    end)
  end)
  return { applied = coroutine.yield() }
end

return M
