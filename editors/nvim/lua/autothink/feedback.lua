-- Tells the server what became of a suggestion: shown, accepted, partly, dismissed, undone. Each once.

local M = {}

local UNDO_MS = 30 * 1000

local watched = nil ---@type { bufnr: integer, sequence: integer, candidate: autothink.Candidate, until_ms: integer }?

---@param bufnr integer
---@param candidate autothink.Candidate
---@param event "shown"|"partly"|"dismissed"|"undone"|"accepted"
---@return boolean told for the first time
function M.tell(bufnr, candidate, event)
  if candidate.told[event] then
    return false
  end
  candidate.told[event] = true
  local client = require("autothink.client").get(bufnr)
  if client and candidate.id then
    client:notify("autothink/feedback", { id = candidate.id, event = event })
  end
  return true
end

---@param bufnr integer
---@return integer
local function undo_sequence(bufnr)
  return vim.fn.undotree(bufnr).seq_cur
end

--- All of it stands in the buffer. The item's command says so to the server.
---@param bufnr integer
---@param candidate autothink.Candidate
function M.accepted(bufnr, candidate)
  candidate.told.accepted = true
  local client = require("autothink.client").get(bufnr)
  if client and candidate.command then
    client:exec_cmd(candidate.command, { bufnr = bufnr }, function() end)
  end
  watched = {
    bufnr = bufnr,
    sequence = undo_sequence(bufnr),
    candidate = candidate,
    until_ms = vim.uv.now() + UNDO_MS,
  }
end

--- It is gone without having been taken. What was taken in part or typed out is no dismissal.
---@param bufnr integer
---@param candidate autothink.Candidate
function M.dismissed(bufnr, candidate)
  if candidate.told.shown and not candidate.told.partly and not candidate.told.accepted then
    M.tell(bufnr, candidate, "dismissed")
  end
end

--- The buffer changed: was the last accepted suggestion taken back?
---@param bufnr integer
function M.changed(bufnr)
  local one = watched
  if not one or one.bufnr ~= bufnr then
    return
  end
  if vim.uv.now() > one.until_ms then
    watched = nil
  elseif undo_sequence(bufnr) < one.sequence then
    watched = nil
    M.tell(bufnr, one.candidate, "undone")
  end
end

return M
