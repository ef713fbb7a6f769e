import { expect, it } from "vitest";

import { shownOf } from "../src/server-messages";

const MISSING = "AutoThink: The model m-0.5b is not installed";

it.each([
  [`${MISSING}. Run \`autothink-lsp model pull m-0.5b\`, or set embedded.model_path to a GGUF file.`, `${MISSING}.`],
  [`${MISSING}. Run \`autothink-lsp model pull m-0.5b\`.`, `${MISSING}.`],
  [`${MISSING}. \`autothink-lsp model pull m-0.5b\` downloads it.`, `${MISSING}.`],
  [
    "AutoThink: The download of m was cancelled. Restart the server to be asked again, or run " +
      "`autothink-lsp model pull m`. It continues where it ended.",
    "AutoThink: The download of m was cancelled. The next download continues where this one ended.",
  ],
])("has a button in place of a shell's command: %s", (text, wanted) => {
  const { text: shown, button } = shownOf(text);
  expect([shown, button?.title]).toEqual([wanted, "Choose Model"]);
});

it.each([
  ["AutoThink: There is no API key: the environment variable K is not set. Set it.", "Set API Key"],
  ['AutoThink: Setting "completion.url" in the editor\'s settings must be a URL; it is ignored.', "Open Settings"],
  ['AutoThink: Unknown setting "completion.urll" in the editor\'s settings.', "Open Settings"],
  ['AutoThink: completion.backend (the editor\'s settings) is "openai", but completion.url is empty.', "Open Settings"],
  ["AutoThink: The action failed. See the log.", "Show Log"],
  ["AutoThink: llama.cpp started but does not answer. See its log.", "Show Log"],
])("keeps the text and adds a button: %s", (text, title) => {
  expect(shownOf(text)).toMatchObject({ text, button: { title } });
});

it.each([
  "AutoThink: Completion works again.",
  "AutoThink: No server answers at http://127.0.0.1:1.",
  "AutoThink: Fix 'api_key' is undefined. Nothing found wrong (parses).",
])("shows others as they are: %s", (text) => {
  expect(shownOf(text)).toEqual({ text });
});
