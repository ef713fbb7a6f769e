-- Does what Neovim 0.12's own inline completion client does, written anew after its description (there is no 0.12 on
-- the package indexes): a fixed pause of 200 ms, no cancel while typing, no check of the version, ghost text inline for
-- an empty range and laid over for another, accepting replaces the range and runs the command.

local M = { requests = 0 }
local namespace = vim.api.nvim_create_namespace("test.builtin")
local timer, current = assert(vim.uv.new_timer()), nil

local function clear()
  current = nil
  vim.api.nvim_buf_clear_namespace(0, namespace, 0, -1)
end

local function show(item, encoding)
  vim.api.nvim_buf_clear_namespace(0, namespace, 0, -1)
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  row = row - 1
  local line = vim.api.nvim_get_current_line()
  local first, last = column, column
  if item.range then
    first = vim.str_byteindex(line, encoding, item.range.start.character, false)
    last = vim.str_byteindex(line, encoding, item.range["end"].character, false)
  end
  current = { item = item, row = row, first = first, last = last }
  local text = item.insertText
  local before = line:sub(first + 1, column)
  if vim.startswith(text, before) then
    text = text:sub(#before + 1)
  end
  local lines = vim.split(text, "\n", { plain = true })
  local below = {}
  for index = 2, #lines do
    below[#below + 1] = { { lines[index], "ComplHint" } }
  end
  vim.api.nvim_buf_set_extmark(0, namespace, row, column, {
    virt_text = { { lines[1], "ComplHint" } },
    virt_text_pos = first == last and "inline" or "overlay",
    virt_lines = below,
  })
end

local function ask()
  local client = vim.lsp.get_clients({ name = "autothink", bufnr = 0 })[1]
  if not client or vim.fn.mode() ~= "i" then
    return
  end
  local params = vim.lsp.util.make_position_params(0, client.offset_encoding)
  params.context = { triggerKind = 2 }
  M.requests = M.requests + 1
  client:request("textDocument/inlineCompletion", params, function(_, result)
    local items = result and (result.items or result)
    if items and vim.fn.mode() == "i" then
      if items[1] then
        show(items[1], client.offset_encoding)
      else
        clear()
      end
    end
  end, 0)
end

function M.accept()
  local one = assert(current)
  local client = vim.lsp.get_clients({ name = "autothink", bufnr = 0 })[1]
  local lines = vim.split(one.item.insertText, "\n", { plain = true })
  vim.api.nvim_buf_set_text(0, one.row, one.first, one.row, one.last, lines)
  vim.api.nvim_win_set_cursor(0, { one.row + #lines, #lines == 1 and one.first + #lines[1] or #lines[#lines] })
  clear()
  client:exec_cmd(one.item.command, { bufnr = 0 })
end

vim.api.nvim_create_autocmd({ "InsertEnter", "CursorMovedI", "TextChangedP" }, {
  callback = function()
    timer:start(200, 0, vim.schedule_wrap(ask))
  end,
})
vim.api.nvim_create_autocmd("InsertLeave", { callback = clear })

return M
