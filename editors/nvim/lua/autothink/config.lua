-- The plugin's own options: defaults, what setup() was given, and what is wrong with it. Settings of the server
-- (models, addresses, thinking) are not checked here: the server does that and names the nearest valid one.

local M = {}

---@class autothink.Server
---@field cmd? string[] the server's command without "serve"; nil: look for it
---@field project_environment "ask"|"always"|"never" whether a server in the project's own .venv may be run

---@class autothink.Inline
---@field enabled boolean ghost text; false leaves an entry in the completion menu
---@field auto boolean ask while typing; false: only by the trigger key
---@field delay_ms integer pause after a key before the server is asked; grows in a burst of keys
---@field hide_with_menu boolean no ghost text while the popup menu is open
---@field filetypes table<string, boolean> "*" for all others
---@field should_suggest? fun(bufnr: integer): boolean

---@class autothink.Keys
---@field accept string|false
---@field accept_word string|false
---@field accept_line string|false
---@field next string|false
---@field previous string|false
---@field dismiss string|false
---@field trigger string|false

---@class autothink.Document
---@field layout "float"|"split"|"vsplit" where explanations and thinking are shown
---@field keys { answer_now: string, cancel: string, change: string, close: string }

---@class autothink.Config
---@field enable boolean call vim.lsp.enable("autothink")
---@field backend "plugin"|"builtin" who draws ghost text; "builtin" is Neovim 0.12's own
---@field server autothink.Server
---@field settings table the server's settings, by section: { completion = { url = ... }, assist = { think = "auto" } }
---@field exclude string[] file names (globs) that are never given to the server
---@field inline autothink.Inline
---@field keys autothink.Keys|false
---@field document autothink.Document
---@field progress boolean say in the message line what a running action does
---@field restart boolean start the server again when it ended by itself

---@type autothink.Config
local defaults = {
  enable = true,
  backend = "plugin",
  server = { project_environment = "ask" },
  settings = {},
  -- The server excludes these and more by itself; here they are not even sent to it.
  exclude = {
    ".env",
    ".env.*",
    "*.env",
    ".envrc",
    "*.pem",
    "*.key",
    "*.p12",
    "*.pfx",
    "*.kdbx",
    "*.gpg",
    "id_rsa*",
    "id_ed25519*",
    ".netrc",
    ".pgpass",
    ".htpasswd",
    ".git-credentials",
    "credentials",
    "*.tfvars",
    "*.tfstate",
  },
  inline = {
    enabled = true,
    auto = true,
    delay_ms = 15,
    hide_with_menu = true,
    filetypes = { ["*"] = true, gitrebase = false, help = false },
  },
  keys = {
    accept = "<Tab>",
    accept_word = "<M-Right>",
    accept_line = "<M-C-Right>",
    next = "<M-]>",
    previous = "<M-[>",
    dismiss = "<C-]>",
    trigger = "<M-\\>",
  },
  document = { layout = "float", keys = { answer_now = "a", cancel = "x", change = "c", close = "q" } },
  progress = true,
  restart = true,
}

-- Names whose type the default does not tell.
local TYPES = {
  ["server.cmd"] = "table",
  ["inline.should_suggest"] = "function",
}
-- Tables that the user fills freely.
local OPEN = { settings = true, exclude = true, ["inline.filetypes"] = true }
local CHOICES = {
  backend = { "plugin", "builtin" },
  ["server.project_environment"] = { "ask", "always", "never" },
  ["document.layout"] = { "float", "split", "vsplit" },
}

local current = defaults ---@type autothink.Config
local set_up = false

---@param given table
---@param known table
---@param path string
---@param problems string[]
local function check(given, known, path, problems)
  for name, value in pairs(given) do
    local full = path .. name
    local expected = TYPES[full] or (known[name] ~= nil and type(known[name]) or nil)
    local switched_off = value == false and (full == "keys" or path == "keys.")
    if expected == nil then
      problems[#problems + 1] = ("unknown option %q"):format(full)
    elseif not switched_off and type(value) ~= expected then
      problems[#problems + 1] = ("option %q must be a %s, not a %s"):format(full, expected, type(value))
    elseif CHOICES[full] and not vim.list_contains(CHOICES[full], value) then
      problems[#problems + 1] = ("option %q must be one of %s"):format(full, table.concat(CHOICES[full], ", "))
    elseif type(value) == "table" and known[name] and not OPEN[full] then
      check(value, known[name], full .. ".", problems)
    end
  end
end

--- Take the user's options. What is wrong is said and left out of account as a whole: half of it would surprise.
---@param given? table
function M.set(given)
  vim.validate("opts", given, "table", true)
  local problems = {}
  check(given or {}, defaults, "", problems)
  table.sort(problems)
  if #problems > 0 then
    local words = "AutoThink: Invalid options, using the defaults: "
      .. table.concat(problems, "; ")
      .. ". See :help autothink-setup"
    vim.notify(words, vim.log.levels.WARN)
    given = {}
  end
  current = vim.tbl_deep_extend("force", defaults, given or {})
  if given and given.exclude then
    current.exclude = vim.list_extend(vim.deepcopy(defaults.exclude), given.exclude)
  end
  set_up = true
end

---@return autothink.Config
function M.get()
  return current
end

--- Whether setup() was called: only then are there ghost text and keys.
function M.is_set_up()
  return set_up
end

--- Whether this plugin draws the ghost text.
function M.draws()
  return set_up and current.inline.enabled and current.backend == "plugin"
end

return M
