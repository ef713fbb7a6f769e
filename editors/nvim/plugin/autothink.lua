-- The command and the highlight groups; everything else is loaded when it is needed.
if vim.g.loaded_autothink then
  return
end
vim.g.loaded_autothink = true

if vim.fn.has("nvim-0.11") == 0 then
  vim.notify("AutoThink needs Neovim 0.11 or later.", vim.log.levels.WARN)
  return
end

vim.api.nvim_create_user_command("AutoThink", function(args)
  require("autothink.command").run(args)
end, {
  nargs = "*",
  range = true,
  desc = "AutoThink: fix, explain, refactor, think, pause, status, ...",
  complete = function(_, line)
    return require("autothink.command").complete(line)
  end,
})

vim.api.nvim_set_hl(0, "AutoThinkSuggestion", { link = "Comment", default = true })
vim.api.nvim_set_hl(0, "AutoThinkMore", { link = "Comment", default = true })

for name, action in pairs({
  accept = "accept",
  ["accept-word"] = "accept_word",
  ["accept-line"] = "accept_line",
  next = "next",
  previous = "previous",
  dismiss = "dismiss",
  trigger = "trigger",
}) do
  vim.keymap.set("i", "<Plug>(autothink-" .. name .. ")", function()
    return require("autothink.keys").press(action)
  end, { expr = true, replace_keycodes = false, desc = "AutoThink: " .. name:gsub("-", " ") })
end
