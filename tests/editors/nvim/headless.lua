-- Parts of the plugin in a Neovim without a server: what is not asserted here needs a screen. The first failure ends it.
-- `arg[1]` is the plugin's folder, `arg[2]` an empty one.
vim.opt.runtimepath:append(arg[1])
local own_notify = vim.notify
local notified = {}
vim.notify = function(text)
	notified[#notified + 1] = text
end

local function equal(name, got, wanted)
	assert(vim.deep_equal(got, wanted), ("%s: %s"):format(name, vim.inspect(got)))
	io.stdout:write(name, "\n")
end

-- In an older Neovim one sentence is told, and an init.lua with setup() and a status line goes on.
local has = vim.fn.has
vim.fn.has = function(feature)
	return feature == "nvim-0.11" and 0 or has(feature)
end
require("autothink").setup({})
require("autothink").setup({})
equal("an old Neovim", notified, { "AutoThink needs Neovim 0.11 or later." })
local old = require("autothink")
equal("its status line", { old.statusline(), old.lualine()[1]() }, { "", "" })
equal("its mappings", { old.accept("accept"), old.is_visible(), old.status() }, { false, false, {} })
equal("nothing else is loaded", { package.loaded["autothink.inline"], package.loaded["autothink.status"] }, {})
local said = {}
vim.health.error, vim.health.report_error = nil, function(text) ---@diagnostic disable-line: inject-field
	said[#said + 1] = text
end
require("autothink.health").check()
equal("its health", said, { "Neovim 0.11 or later is required" })
vim.fn.has, package.loaded["autothink"], package.loaded["autothink.health"], vim.g.loaded_autothink = has, nil, nil, nil
package.loaded["vim.health"], vim.health = nil, nil
vim.health = require("vim.health")

-- The folder has come to 'runtimepath' after startup, as with a plugin manager that has cloned the repository.
equal("no command yet", vim.fn.exists(":AutoThink"), 0)
require("autothink").setup({ enable = false })
equal("setup makes the command", vim.fn.exists(":AutoThink"), 2)

-- `:AutoThink fix` takes the error at the cursor before the warning around it, and no hints.
local asked = nil
local client = { id = 1, offset_encoding = "utf-8" }
function client.request(_, _, params, handler)
	asked = params
	handler(nil, {})
end
require("autothink.client").get = function()
	return client
end
vim.api.nvim_buf_set_lines(0, 0, -1, false, { "def f():", "    x = treshold + 1", "    return x" })
local function message(row, column, last_row, last_column, severity, text)
	return { lnum = row, col = column, end_lnum = last_row, end_col = last_column, message = text, severity = severity }
end
vim.diagnostic.set(vim.api.nvim_create_namespace("test"), 0, {
	message(0, 0, 2, 12, 2, "type is unknown"),
	message(1, 8, 1, 16, 1, "undefined name"),
	message(1, 8, 1, 16, 4, "a hint"),
})
local function messages_at(row, column)
	vim.api.nvim_win_set_cursor(0, { row, column })
	require("autothink.actions").fix()
	return vim.tbl_map(function(one)
		return one.message
	end, asked.context.diagnostics)
end
equal("the error first", messages_at(2, 10), { "undefined name", "type is unknown" })
equal("what is around the cursor", messages_at(3, 5), { "type is unknown" })

-- The server's commands get the plugin's settings.
client.settings = { autothink = { completion = { url = "u", maxTokens = 3, stop = {} } } }
local environment = require("autothink.server").environment()
equal("settings", environment.AUTOTHINK_COMPLETION__MAX_TOKENS .. environment.AUTOTHINK_COMPLETION__URL, "3u")
equal("no tables", environment.AUTOTHINK_COMPLETION__STOP, nil)

-- A line that is too long loses its middle.
local said = ""
local echo = vim.api.nvim_echo
vim.api.nvim_echo = function(chunks)
	said = chunks[1][1]
end
vim.o.columns = 60
require("autothink.say").passing("AutoThink: Fix " .. ("word "):rep(20) .. "diagnostic gone")
equal("it fits", vim.fn.strdisplaywidth(said) <= 46, true)
equal("both ends", { said:match("^AutoThink: Fix") ~= nil, said:match("diagnostic gone$") ~= nil }, { true, true })
vim.api.nvim_echo = echo

-- `:AutoThink model` offers the models, asks for a role where there are two, and downloads what is missing.
local ran = {} ---@type string[][]
local listed = {
	{
		name = "m",
		size_bytes = 469e6,
		licence = "Apache-2.0",
		installed = true,
		fits = true,
		tokens_per_s = 24.4,
		is_speed_measured = true,
		roles = { "completion", "assist" },
		thinks = false,
		is_run = true,
		recommended_for = { "completion" },
	},
	{
		name = "n",
		size_bytes = 2497e6,
		licence = "",
		installed = false,
		fits = false,
		tokens_per_s = 8.1,
		is_speed_measured = false,
		roles = { "assist" },
		thinks = true,
		is_run = false,
		recommended_for = {},
	},
	{
		name = "e",
		size_bytes = 0,
		licence = "",
		installed = false,
		roles = { "next edit" },
		tokens_per_s = vim.NIL,
		recommended_for = {},
	},
	{ name = "o", size_bytes = 0, licence = "", installed = true, roles = { "other" }, recommended_for = {} },
}
require("autothink.server").run = function(command, done)
	ran[#ran + 1] = command
	done({ code = 0, stdout = vim.json.encode(listed) })
end
local changed, offered, wanted = nil, {}, {}
local change_settings = require("autothink.client").change_settings
require("autothink.client").change_settings = function(change)
	changed = change
end
vim.ui.select = function(items, options, choose)
	offered[#offered + 1] = vim.tbl_map(options.format_item, items)
	choose(items[table.remove(wanted, 1)])
end
wanted = { 1, 2 }
require("autothink.models").choose("")
equal("the list", offered[1], {
	"m (for suggestions and actions, 469 MB, Apache-2.0, 24 tokens/s, installed, recommended for suggestions)",
	"n (for actions, 2497 MB, ~8 tokens/s, thinks, does not fit into memory, not tested by autothink-lsp, download)",
	"e (for next edits, size unknown, download)",
})
equal("the roles", offered[2], { "suggestions", "actions" })
equal("the model for actions", changed, { assist = { backend = "embedded" }, embedded = { assist_model = "m", assist_model_path = "" } })
wanted = { 1, 1 }
require("autothink.models").choose("")
equal("the model", changed, { completion = { backend = "embedded" }, embedded = { model = "m", model_path = "" } })
require("autothink.models").choose("n")
equal("the download", ran[#ran], { "model", "pull", "n", "--yes" })
equal("the downloaded model", changed and changed.embedded, { assist_model = "n", assist_model_path = "" })
require("autothink.models").choose("e")
equal("a next-edit model is downloaded", ran[#ran], { "model", "pull", "e", "--yes" })
local next_edits = { next_edit = { backend = "embedded" }, embedded = { next_edit_model = "e", next_edit_model_path = "" } }
equal("a next-edit model", changed, next_edits)
changed = nil
require("autothink.models").choose("o")
equal("a model for something else", changed, nil)

-- The models of the configured servers come first; the running server lists them.
local client = require("autothink.client")
local get = client.get
local answer = {
	{ name = "org/large", server = "https://models.example/v1", roles = { "completion", "assist" }, installed = true },
	{ name = "sweep", server = "https://models.example/v1", roles = { "next edit" }, installed = true },
	{ name = "m", server = vim.NIL, roles = { "completion" }, contextUsedTokens = 1210 },
	{ name = "n", server = "https://models.example/v1", roles = { "completion" }, contextUsedTokens = 7 },
}
answer[1].backTo = { completion = "vllm" }
client.get = function()
	return {
		request = function(_, method, _, done)
			equal("the request", method, "autothink/models")
			done(nil, answer)
			return true
		end,
	}
end
wanted = { 1, 1 }
require("autothink.models").choose("")
equal("a served model", offered[#offered - 1][1], "org/large (for suggestions and actions, https://models.example/v1)")
local lines = offered[#offered - 1]
equal("served first, then built in", #lines, 6)
equal("its context", lines[4]:match("1210 tokens of context used") ~= nil, true)
equal("not that of another server's model", { lines[3]:match("7 tok") ~= nil, lines[5]:match("7 tok") ~= nil }, { true, false })
equal("back from the built-in engine", changed, { completion = { backend = "vllm", model = "org/large" } })
wanted = { 2 }
require("autothink.models").choose("")
equal("a served next-edit model", changed, { next_edit = { model = "sweep" } })
answer = nil -- an older server
wanted = { 1, 1 }
require("autothink.models").choose("")
equal("without an answer", changed, { completion = { backend = "embedded" }, embedded = { model = "m", model_path = "" } })
client.get = get

-- A server's advice for a shell names the plugin's command where that does it.
local notify, told = vim.notify, nil
vim.notify = function(text)
	told = text
end
for _, kind in ipairs({ "", "next-edit " }) do
	local message = ("AutoThink: The %smodel x is not installed. Run "):format(kind)
	require("autothink.say").message(1, message .. "`autothink-lsp model pull x`.")
	equal("the plugin's command", told, message .. ":AutoThink model.")
end
for advice, wanted in pairs({
	["Restart the server to be asked again, or run `autothink-lsp model pull x`."] = "Restart the server to be asked again, or run :AutoThink model.",
	["`autothink-lsp model pull x` downloads it again."] = ":AutoThink model downloads it again.",
	["`autothink-lsp doctor` checks the model file."] = ":checkhealth autothink checks the model file.",
}) do
	require("autothink.say").message(1, "AutoThink: " .. advice)
	equal("the plugin's command", told, "AutoThink: " .. wanted)
end
vim.notify = setmetatable({}, {
	__call = function(_, text)
		told = text
	end,
}) -- as nvim-notify's is
require("autothink.say").info("hello")
equal("a table that can be called", told, "AutoThink: hello")
vim.notify = notify

-- A server that becomes ready in insert mode is asked, unless suggestions come by the trigger key only.
local inline_request, kinds, real_mode = require("autothink.inline.request"), {}, vim.fn.mode
local real_ask = inline_request.ask
inline_request.ask = function(_, kind)
	kinds[#kinds + 1] = kind
end
vim.fn.mode = function()
	return "i"
end
local inline = require("autothink.config").get().inline
for _, auto in ipairs({ false, true }) do
	inline.auto = auto
	require("autothink.inline").attach(vim.api.nvim_get_current_buf())
	equal(("attached in insert mode, auto is %s"):format(auto), kinds, auto and { "automatic" } or {})
end
vim.api.nvim_clear_autocmds({ group = "autothink.inline" })
inline_request.ask, vim.fn.mode = real_ask, real_mode

-- What the message line says of the model's work goes when that is over, and no other message with it.
package.loaded["autothink.status"] = nil -- no status line has asked the new one
local status, say = require("autothink.status"), require("autothink.say")
local echo, line = vim.api.nvim_echo, nil
vim.api.nvim_echo = function(chunks)
	line = chunks[1][1]
end
local function heard(state, more)
	status.heard({ state = state, reason = "reading your file…" })
	local _ = more and say.message(1, more)
	vim.wait(20) -- the status is shown in the next turn
	return line
end
vim.notify = function(text)
	line = text
end
equal("work is said", heard("working"), "AutoThink: reading your file…")
equal("it is over", heard("ready"), "")
heard("working")
equal("an error stays", heard("unavailable", "AutoThink: No server."), "AutoThink: No server.")
heard("working")
status.life("stopped")
equal("a server that ended does not work", line, "")
vim.api.nvim_echo, vim.notify = echo, notify

-- A question for another chooser, which may be a table as well, is one line.
local idle, select, question = vim.defer_fn, vim.ui.select, nil
vim.defer_fn = function(call)
	call()
end
local mode, now, time_ms = vim.fn.mode, vim.uv.now, 0
vim.fn.mode = function()
	return "n"
end
vim.uv.now = function()
	time_ms = time_ms + 1000
	return time_ms
end
vim.ui.select = setmetatable({}, {
	__call = function(_, _, options)
		question = options.prompt
	end,
})
coroutine.wrap(require("autothink.question").ask)({ message = ("word "):rep(40), actions = {} })
equal("a question in one line", question, ("word "):rep(40))
local get_mode, is_asked = vim.fn.mode, false
vim.fn.mode = function()
	return "nt"
end
require("autothink.question").when_idle(function()
	is_asked = true
end)
vim.fn.mode = get_mode
equal("it is asked in a terminal's normal mode, too", is_asked, true)
vim.defer_fn, vim.ui.select, vim.fn.mode, vim.uv.now = idle, select, mode, now

-- A pause of some minutes ends by itself, and by `resume`.
local off = require("autothink.off")
local command = require("autothink.command")
local ended = nil ---@type fun()?
local defer = vim.defer_fn
vim.defer_fn = function(call, ms)
	ended = call
	return defer(function() end, ms)
end
local here = vim.api.nvim_get_current_buf()
command.run({ args = "pause 10m", range = 0 })
equal("paused for a while", (off.reason(here) or ""):match("^paused until %d%d:%d%d$") ~= nil, true)
ended()
equal("the pause has ended", off.reason(here), nil)
command.run({ args = "pause 90m", range = 0 })
command.run({ args = "resume", range = 0 })
equal("resumed earlier", off.reason(here), nil)
command.run({ args = "pause 10", range = 0 })
equal("a number without its unit", off.reason(here), nil)
vim.defer_fn = defer

-- A command is completed with its words or names, and after those with nothing.
local get_client = require("autothink.client").get
require("autothink.client").get = function()
	return {
		request_sync = function(_, _, _, timeout_ms)
			equal("the user does not wait long", timeout_ms, 500)
			return { result = { { name = "b", roles = { "assist" } }, { name = "a" }, { name = "tool", roles = {} } } }
		end,
	}
end
equal("names of models", command.complete("AutoThink model "), { "a", "b" })
equal("the beginning of one", command.complete("AutoThink model b"), { "b" })
require("autothink.client").get = function() end
equal("no server to ask", command.complete("AutoThink model "), {})
require("autothink.client").get = get_client
equal("words", command.complete("'<,'>AutoThink think o"), { "off", "on" })
equal("nothing after a word", command.complete("AutoThink think on "), {})

-- An edit of a buffer that may not be changed is not made, and the user is told instead of a Lua error.
local fixed, preview = vim.api.nvim_create_buf(false, true), require("autothink.preview")
vim.api.nvim_buf_set_name(fixed, vim.fs.joinpath(arg[2], "fixed.py"))
vim.api.nvim_buf_set_lines(fixed, 0, -1, false, { "a" })
local change = { range = { start = { line = 0, character = 0 }, ["end"] = { line = 0, character = 1 } }, newText = "b" }
local edit = { documentChanges = { { textDocument = { uri = vim.uri_from_bufnr(fixed) }, edits = { change } } } }
vim.notify = function(text)
	told = text
end
vim.bo[fixed].modifiable = false
equal("not made", preview.make(edit, "utf-16"), false)
equal("told", told, "AutoThink: This buffer cannot be changed: 'modifiable' is off.")
vim.bo[fixed].modifiable = true
equal("made", preview.make(edit, "utf-16"), true)
equal("the text", vim.api.nvim_buf_get_lines(fixed, 0, -1, false), { "b" })
local apply = vim.lsp.util.apply_workspace_edit
vim.lsp.util.apply_workspace_edit = function()
	error("E325: ATTENTION")
end
equal("an edit that fails is answered", preview.make(edit, "utf-16"), false)
equal("and told", told:match("^AutoThink: Not all of the edit could be applied: .*E325: ATTENTION$") ~= nil, true)
vim.lsp.util.apply_workspace_edit = apply
vim.notify = notify

-- The document of an action has the focus, follows the thinking until the cursor is moved, and its links lead somewhere.
local file = vim.fs.joinpath(arg[2], "b.py")
vim.fn.writefile({ "a", "b", "c" }, file)
local body = ("# T\n\n[L2](%s#L2) adds"):format(vim.uri_from_fname(file))
local running = nil ---@type table?
require("autothink.status").get = function()
	return { action = running }
end
vim.lsp.get_client_by_id = function()
	return {
		request = function(_, _, _, handler)
			handler(nil, { text = body })
		end,
	}
end
local thinking = require("autothink.thinking")
local URI = "autothink:/x.md"
thinking.open(1, URI)
equal("the focus", vim.bo.filetype, "markdown")
vim.api.nvim_win_set_cursor(0, { 3, 2 })
thinking.follow_link()
equal("the link", { vim.fs.basename(vim.api.nvim_buf_get_name(0)), vim.fn.line(".") }, { "b.py", 2 })
thinking.close()
running, body = {}, "# T\n## Thinking\n" .. ("long "):rep(300)
thinking.open(1, URI)
equal("the end of a long thought", vim.api.nvim_win_get_cursor(0), { 3, 1499 })
body = body .. "\nmore\nmore"
thinking.refresh(URI)
equal("it follows", vim.fn.line("."), 5)
vim.api.nvim_win_set_cursor(0, { 1, 0 })
body = body .. "\nmore"
thinking.refresh(URI)
equal("it stays where the user reads", vim.fn.line("."), 1)
thinking.close()

-- Definitions of another language server, which counts in UTF-16.
vim.cmd.edit(vim.fs.joinpath(arg[2], "d.py"))
vim.api.nvim_buf_set_lines(0, 0, -1, false, { "", "'ä' + add" })
local range = { start = { line = 0, character = 4 }, ["end"] = { line = 0, character = 7 } }
local position = nil
local results = {
	["textDocument/definition"] = { uri = "file:///other.py", range = range },
	["textDocument/hover"] = { contents = { value = "```python\ndef add(a: int)\n```\ntext" } },
}
local other = { name = "other", offset_encoding = "utf-16" }
function other.supports_method()
	return true
end
function other.request(_, method, params, handler)
	position = params.position
	handler(nil, results[method])
	return true, 1
end
local get_clients = vim.lsp.get_clients
vim.lsp.get_clients = function()
	return { client, other }
end
client.name = "autothink"
local bufnr = vim.api.nvim_get_current_buf()
vim.lsp.util.buf_versions[bufnr] = 3
local found = nil
local function find(version)
	local params = { uri = vim.uri_from_bufnr(bufnr), version = version, positions = { { line = 1, character = 7 } } }
	require("autothink.definitions").find(params, "utf-8", function(answer)
		found = answer.definitions
	end)
end
find(3)
local wanted = { { place = 0, uri = "file:///other.py", range = range, signature = "def add(a: int)" } }
equal("the definition", found, wanted)
equal("in its encoding", position and position.character, 6)
find(2)
equal("of another version nothing is known", found, {})
vim.lsp.get_clients = get_clients

-- An edit of a rename has the version of the document's own buffer, not that of one whose name begins alike.
local renames = require("autothink.rename")
local function version_of(name)
	local one = { uri = vim.uri_from_fname(vim.fs.joinpath(arg[2], name)) }
	local changes = renames.document_changes({ documentChanges = { { textDocument = one, edits = { {} } } } })
	return assert(changes)[1].textDocument.version
end
vim.cmd.edit(vim.fs.joinpath(arg[2], "view.tsx"))
vim.api.nvim_buf_set_lines(0, 0, -1, false, { "unsaved" })
equal("unsaved text has a version", type(version_of("view.tsx")), "number")
equal("a closed file has none", version_of("view.ts"), vim.NIL)
-- An edit is refused where another of its documents was changed while the language server computed it.
local second = vim.uri_from_bufnr(0)
vim.lsp.util.buf_versions[vim.api.nvim_get_current_buf()] = 7
local renamer, typed_version = { name = "renamer", id = 9, offset_encoding = "utf-16" }, 7
function renamer.is_stopped()
	return false
end
function renamer.request(_, _, _, handler)
	vim.lsp.util.buf_versions[vim.uri_to_bufnr(second)] = typed_version
	handler(nil, { changes = { [second] = { {} } } })
	return true, 1
end
vim.lsp.get_clients = function()
	return { renamer }
end
local function renamed()
	local answer = nil
	local document = { uri = vim.uri_from_bufnr(bufnr), version = vim.lsp.util.buf_versions[bufnr] }
	local params = { textDocument = document, position = { line = 0, character = 0 }, newName = "sum" }
	renames.find(params, "utf-8", function(found_answer)
		answer = found_answer
	end)
	return assert(answer)
end
equal("nothing was changed", renamed().failure, nil)
typed_version = 8
equal("another document was changed", renamed().failure, "changed")
vim.lsp.get_clients = get_clients
vim.cmd("bwipeout!")
vim.cmd.buffer(bufnr)

-- What was yanked last, as the server asks for it.
local clipboard = require("autothink.clipboard")
local function yank(operator, ...)
	clipboard.yanked({ operator = operator, regcontents = { ... } }, bufnr)
	return clipboard.latest()
end
equal("nothing is yanked yet", clipboard.latest(), vim.NIL)
local copied = { text = "a = 1\nb = 2", uri = vim.uri_from_bufnr(bufnr), copy = 1 }
equal("lines", yank("y", "a = 1", "b = 2"), copied)
equal("what is deleted is no copy", yank("d", "c", "d"), copied)
equal("of a word only that it is one", yank("y", "hunter2"), { text = "", uri = copied.uri, copy = 2 })
local excluded = vim.api.nvim_create_buf(true, false)
vim.api.nvim_buf_set_name(excluded, vim.fs.joinpath(arg[2], ".env"))
clipboard.yanked({ operator = "y", regcontents = { "NAME=1", "WORD=2" } }, excluded)
equal("nor of a file that the server never gets", clipboard.latest(), { text = "", copy = 3 })
local terminal = vim.api.nvim_create_buf(false, true)
vim.api.nvim_open_term(terminal, {})
clipboard.yanked({ operator = "y", regcontents = { "a = 1", "b = 2" } }, terminal)
equal("nor of a terminal", clipboard.latest(), { text = "", copy = 4 })
equal("nor of a whole file", yank("y", "a", ("b"):rep(9000)), { text = "", uri = copied.uri, copy = 5 })
local now = vim.uv.now
vim.uv.now = function()
	return now() + 11 * 60 * 1000
end
equal("it is forgotten", clipboard.latest(), vim.NIL)
vim.uv.now = now

-- Why there is no server for a buffer that the user asks about.
local get = require("autothink.client").get
local function unserved(name, filetype, kind)
	local scratch = vim.api.nvim_create_buf(false, false)
	vim.api.nvim_buf_set_name(scratch, name)
	vim.bo[scratch].filetype, vim.bo[scratch].buftype = filetype, kind
	return require("autothink.off").unserved(scratch):match("^%w+ %w+ ?%w* ?%w*")
end
equal("excluded", unserved("/x/.env", "sh", ""), "This file is excluded")
equal("a prompt", unserved("/x/p.py", "python", "prompt"), "Not available in this")
equal("no type", unserved("/x/none", "", ""), "This buffer has no")
equal("not attached", unserved("/x/a.py", "python", ""), "The server is not")
require("autothink.client").get = function() end
equal("no server", require("autothink.off").unserved(0), "The server is not running. See :checkhealth autothink")
require("autothink.client").get = get
vim.cmd.enew()
require("autothink.off").pause("filetype")
equal("no type is paused", require("autothink.off").reason(0), "paused for files without a file type")
require("autothink.off").resume()

-- setup() again, with a server that runs: the settings reach it, and its buffers are looked at anew.
local told, attached = nil, {}
client.attached_buffers = { [bufnr] = true }
client.settings = { autothink = { assist = { think = "on" } } }
function client.notify(_, method, params)
	told = { method, params.settings.autothink }
end
require("autothink.client").change_settings = change_settings
local attach = require("autothink.attach").attach
require("autothink.attach").attach = function(_, buffer)
	attached[#attached + 1] = buffer
end
vim.lsp.get_clients = function()
	return { client }
end
require("autothink").setup({ enable = false, settings = { completion = { maxTokens = 5 } } })
local both = { assist = { think = "on" }, completion = { maxTokens = 5 } }
equal("settings are told", told, { "workspace/didChangeConfiguration", both })
equal("buffers", attached, { bufnr })
require("autothink.attach").attach, vim.lsp.get_clients = attach, get_clients

-- A program that is not there is told by its option, once, and nothing is started.
require("autothink").setup({ enable = false, server = { cmd = { "/no/such/autothink-lsp" } } })
local told_of, started_in = {}, nil
vim.notify = function(text)
	told_of[#told_of + 1] = text
end
local root_dir = require("autothink.client").config().root_dir
for _ = 1, 2 do
	root_dir(vim.api.nvim_get_current_buf(), function(root)
		started_in = root or "no root"
	end)
end
equal("a wrong server.cmd", told_of, {
	'AutoThink: server.cmd is "/no/such/autothink-lsp", but there is no such program. Correct it, or remove it.',
})
equal("it is not started", started_in, nil)
require("autothink").setup({ enable = false })

-- Without a message line there is a window, which takes no focus, and which the end of work takes away.
vim.notify, vim.o.cmdheight, vim.o.columns = own_notify, 0, 80
local function corner()
	return vim.tbl_map(
		function(window)
			return vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, false)[1]
		end,
		vim.tbl_filter(function(window)
			return vim.api.nvim_win_get_config(window).relative ~= ""
		end, vim.api.nvim_list_wins())
	)
end
local say, here = require("autothink.say"), vim.api.nvim_get_current_win()
say.work("AutoThink: reading your file…")
say.work("AutoThink: reading your file… (20%)")
equal("work", corner(), { "AutoThink: reading your file… (20%)" })
equal("the focus stays", vim.api.nvim_get_current_win(), here)
say.work_ended()
equal("it is over", corner(), {})
say.problem("one line")
equal("a problem", corner(), { "AutoThink: one line" })
say.passing("AutoThink: done")
equal("the newest only", corner(), { "AutoThink: done" })
vim.o.cmdheight = 1
io.stdout:write("all\n")
