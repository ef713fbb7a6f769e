-- `:AutoThink`: its words, what they do, and their completion.

local say = require("autothink.say")

local M = {}

---@param args vim.api.keyset.create_user_command.command_args
---@return { first: integer, last: integer }?
local function lines_of(args)
  return args.range > 0 and { first = args.line1, last = args.line2 } or nil
end

---@class autothink.Word
---@field words? string[] what may follow
---@field names? fun(): string[] what else may follow, for the completion
---@field also? string a pattern of other words that may follow
---@field call fun(rest: string, args: table)

---@type table<string, autothink.Word>
local COMMANDS = {
  fix = {
    call = function()
      require("autothink.actions").fix()
    end,
  },
  explain = {
    call = function(_, args)
      require("autothink.actions").explain(lines_of(args))
    end,
  },
  refactor = {
    call = function(rest, args)
      require("autothink.actions").refactor(lines_of(args), rest)
    end,
  },
  again = {
    call = function(rest)
      require("autothink.actions").again(rest)
    end,
  },
  think = {
    words = { "off", "auto", "on" },
    call = function(mode)
      if mode == "" then
        return say.info("Think mode: " .. require("autothink.status").get().think)
      end
      require("autothink.client").change_settings({ assist = { think = mode } })
      require("autothink.status").changed()
      say.info("Think mode: " .. mode .. " (this session)")
    end,
  },
  pause = {
    words = { "all", "buffer", "filetype", "10m", "30m", "60m" },
    also = "^%d%d?%d?%d?m$",
    call = function(scope)
      local minutes = tonumber(scope:match("^(%d+)m$"))
      if minutes then
        require("autothink.off").snooze(minutes, function()
          require("autothink.status").changed()
          say.passing("AutoThink: Suggestions resumed")
        end)
      else
        require("autothink.off").pause(scope == "" and "all" or scope)
      end
      if package.loaded["autothink.inline"] then
        require("autothink.inline").dismiss()
      end
      require("autothink.status").changed()
      say.passing("AutoThink: Suggestions " .. require("autothink.off").reason(vim.api.nvim_get_current_buf()))
    end,
  },
  resume = {
    call = function()
      require("autothink.off").resume()
      require("autothink.status").changed()
      local reason = require("autothink.off").undrawn(vim.api.nvim_get_current_buf())
      say.passing("AutoThink: " .. (reason and ("Suggestions still " .. reason) or "Suggestions resumed"))
    end,
  },
  model = {
    names = function()
      return require("autothink.models").names()
    end,
    call = function(name)
      require("autothink.models").choose(name)
    end,
  },
  why = {
    call = function()
      require("autothink.status").show_why()
    end,
  },
  status = {
    call = function()
      require("autothink.status").show()
    end,
  },
  stats = {
    call = function()
      require("autothink.server").run({ "stats" }, function(result)
        local text = (result.stdout or "") .. (result.stderr or "")
        require("autothink.report").show("AutoThink statistics", vim.split(vim.trim(text), "\n", { plain = true }))
      end, 30000)
    end,
  },
  log = {
    call = function()
      require("autothink.log").show()
    end,
  },
  install = {
    call = function()
      require("autothink.install").run()
    end,
  },
  restart = {
    call = function()
      require("autothink.client").restart()
    end,
  },
  show = {
    call = function()
      require("autothink.thinking").show()
    end,
  },
  answer = {
    call = function()
      require("autothink.actions").answer_now()
    end,
  },
  cancel = {
    call = function()
      require("autothink.actions").cancel()
    end,
  },
}

---@param args vim.api.keyset.create_user_command.command_args
function M.run(args)
  local word, rest = args.args:match("^(%S*)%s*(.-)%s*$")
  if word == "" then
    word = "status"
  end
  local command = COMMANDS[word]
  if not command then
    return say.problem(("Unknown command: %s. See :help :AutoThink"):format(word))
  end
  local is_valid = rest == "" or not command.words or vim.list_contains(command.words, rest)
  if not is_valid and not (command.also and rest:match(command.also)) then
    return say.problem(("Invalid argument for %s. Expected: %s"):format(word, table.concat(command.words, ", ")))
  end
  command.call(rest, args)
end

--- What the words so far may go on with.
---@param line string
---@return string[]
function M.complete(line)
  local words = vim.split(line:gsub("^.*AutoThink%s+", ""), "%s+")
  local command = COMMANDS[words[1]]
  local offered = vim.tbl_keys(COMMANDS)
  if #words > 2 then
    return {}
  elseif #words > 1 then
    offered = command and (command.words or (command.names and command.names())) or {}
  end
  table.sort(offered)
  return vim.tbl_filter(function(one)
    return vim.startswith(one, words[#words])
  end, offered)
end

return M
