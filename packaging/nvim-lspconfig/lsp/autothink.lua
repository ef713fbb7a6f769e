---@brief
---
--- https://github.com/autothink/autothink-lsp
---
--- A language server that completes, fixes and explains code with your own model, and decides request by request whether
--- the model should think.
---
--- ```sh
--- uv tool install 'autothink-lsp[embedded,checkers]'
--- ```
---
--- Suggestions are entries of the completion menu; where Neovim has `vim.lsp.inline_completion` (0.12), ghost text:
---
--- ```lua
--- vim.lsp.inline_completion.enable()
--- ```
---
--- The server asks before it downloads a model. With a model server of your own:
---
--- ```lua
--- vim.lsp.config('autothink', {
---   init_options = {
---     completion = { backend = 'llama-server', url = 'http://127.0.0.1:8080' },
---   },
--- })
--- ```

---@type vim.lsp.Config
return {
  cmd = { 'autothink-lsp', 'serve' },
  -- No filetypes: it serves every language.
  root_markers = { 'autothink.toml', '.git' },
}
