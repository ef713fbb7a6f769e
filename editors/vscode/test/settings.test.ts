import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

import { originOf, variableOf, withKeys } from "../src/keys";
import { CLIENT_SETTING, COMMAND } from "../src/names";
import { Pauses } from "../src/pause";
import {
  configurationFor,
  environmentFor,
  type Inspected,
  serverSettings,
  withLanguages,
  withLanguageValues,
} from "../src/settings";

const PACKAGE = JSON.parse(readFileSync("package.json", "utf8"));
const SETTINGS = serverSettings(PACKAGE);

describe("package.json", () => {
  it("has every command of the code, and no other", () => {
    const declared = PACKAGE.contributes.commands.map((one: { command: string }) => one.command).sort();
    expect(declared).toEqual(Object.values(COMMAND).sort());
  });

  it("has the settings that the extension reads itself", () => {
    const names = PACKAGE.contributes.configuration.flatMap((part: { properties: object }) =>
      Object.keys(part.properties),
    );
    for (const name of Object.values(CLIENT_SETTING)) {
      expect(names).toContain(`autothink.${name}`);
    }
  });

  it("names no secret among the settings", () => {
    expect(SETTINGS.map((one) => one.name).filter((name) => /api_key$|token$|password/.test(name))).toEqual([]);
  });

  it("restricts what says where code goes and what is run", () => {
    const restricted = SETTINGS.filter((one) => one.restricted).map((one) => one.name);
    expect(restricted).toEqual(
      expect.arrayContaining(["completion.url", "assist.test_command", "vllm.python", "embedded.model_path"]),
    );
    expect(PACKAGE.capabilities.untrustedWorkspaces.restrictedConfigurations).toEqual(
      expect.arrayContaining(["autothink.server.command", "autothink.server.python"]),
    );
  });
});

describe("what goes to the server", () => {
  const inspect = (values: Record<string, Inspected>) => (name: string) => values[name];

  it("contains the settings that are set, and no others", () => {
    const said = inspect({ "completion.url": { globalValue: "http://127.0.0.1:1" }, "assist.think": {} });
    expect(configurationFor(SETTINGS, said, true)).toEqual({ completion: { url: "http://127.0.0.1:1" } });
  });

  it("prefers the folder to the workspace to the user", () => {
    const all = { globalValue: "off", workspaceValue: "on", workspaceFolderValue: "auto" };
    expect(configurationFor(SETTINGS, inspect({ "assist.think": all }), true)).toEqual({ assist: { think: "auto" } });
  });

  it("has readable names, and knows the old ones", () => {
    const both = { "completion.maxTokens": { globalValue: 9 }, "completion.max_tokens": { globalValue: 8 } };
    expect(configurationFor(SETTINGS, inspect(both), true)).toEqual({ completion: { max_tokens: 9 } });
    const old = { "completion.max_tokens": { workspaceValue: 8 }, "completion.maxTokens": { globalValue: 9 } };
    expect(configurationFor(SETTINGS, inspect(old), true)).toEqual({ completion: { max_tokens: 8 } });
    expect(configurationFor(SETTINGS, inspect(old), false)).toEqual({ completion: { max_tokens: 9 } });
    expect(configurationFor(SETTINGS, inspect({ "nextEdit.enabled": { globalValue: false } }), true)).toEqual({
      next_edit: { enabled: false },
    });
  });

  it.each([
    [undefined, {}, undefined],
    [{ enabled: true }, { python: false }, { enabled: true, languages: { python: false } }],
    [{ enabled: false }, { python: true }, { enabled: true, languages: { "*": false, python: true } }],
    [{ enabled: false }, { python: false }, { enabled: false, languages: { "*": false, python: false } }],
    [{ languages: ["go"] }, { python: true }, { enabled: true, languages: { "*": false, go: true, python: true } }],
  ])("has the languages that override it: %j %j", (section, overrides, wanted) => {
    expect(withLanguages(section, overrides as Record<string, boolean>)).toEqual(wanted);
  });

  it("has the other settings that languages override", () => {
    const overrides = { deadline_ms: { python: 300, go: 400 }, silent_in: { python: ["string"] } };
    expect(withLanguageValues({ by_language: { go: { model: "coder" } } }, overrides)).toEqual({
      by_language: {
        go: { model: "coder", deadline_ms: 400 },
        python: { deadline_ms: 300, silent_in: ["string"] },
      },
    });
    expect(withLanguageValues({ enabled: true }, { deadline_ms: {} })).toEqual({ enabled: true });
    expect(withLanguageValues(undefined, {})).toBeUndefined();
  });

  it("takes no address and no cost from a folder that is not trusted", () => {
    const said = inspect({
      "completion.url": { globalValue: "http://127.0.0.1:1", workspaceValue: "https://evil.example" },
      "assist.think": { workspaceValue: "on" },
      "assist.show_thinking": { workspaceValue: "hide" },
    });
    expect(configurationFor(SETTINGS, said, false)).toEqual({
      completion: { url: "http://127.0.0.1:1" },
      assist: { show_thinking: "hide" },
    });
  });
});

it("is told to commands by the environment", () => {
  const languages = { python: false, "*": true };
  const by_language = { python: { deadline_ms: 300, silent_in: ["string"], model: "a" } };
  expect(environmentFor({ completion: { by_language } })).toEqual({
    AUTOTHINK_COMPLETION__BY_LANGUAGE: '{"python" = {"deadline_ms" = 300, "silent_in" = ["string"], "model" = "a"}}',
  });
  expect(
    environmentFor({ completion: { url: "http://127.0.0.1:1", languages, exclude: ["a b"], max_tokens: 9 } }),
  ).toEqual({
    AUTOTHINK_COMPLETION__URL: "http://127.0.0.1:1",
    AUTOTHINK_COMPLETION__LANGUAGES: '{"python" = false, "*" = true}',
    AUTOTHINK_COMPLETION__EXCLUDE: '["a b"]',
    AUTOTHINK_COMPLETION__MAX_TOKENS: "9",
  });
});

describe("keys", () => {
  it("belong to an address, not to a setting", () => {
    const origins = ["https://one.example", "https://two.example:8443"];
    const named = withKeys(
      { completion: { url: "https://two.example:8443/v1" }, assist: { url: "https://other.example" } },
      origins,
    );
    expect(named.completion).toEqual({
      url: "https://two.example:8443/v1",
      api_key_env: variableOf("https://two.example:8443"),
    });
    expect(named.assist).toEqual({ url: "https://other.example" });
  });

  it("are handed over for each role", () => {
    const section = { url: "https://one.example" };
    const named = withKeys({ completion: section, assist: section, next_edit: section }, ["https://one.example"]);
    for (const role of ["completion", "assist", "next_edit"]) {
      expect(named[role]?.api_key_env).toBe(variableOf("https://one.example"));
    }
  });

  it("never change their variable for another address's", () => {
    expect(variableOf("https://one.example")).toMatch(/^AUTOTHINK_EDITOR_KEY_[0-9A-F]{16}$/);
    expect(variableOf("https://one.example")).not.toBe(variableOf("https://two.example"));
  });

  it("are named where the setting by hand is empty", () => {
    const said = { assist: { url: "https://one.example", api_key_command: [] } };
    expect(withKeys(said, ["https://one.example"]).assist).toMatchObject({
      api_key_env: variableOf("https://one.example"),
    });
  });

  it("give way to what was set by hand", () => {
    const said = { completion: { url: "https://one.example", api_key_env: "MINE" } };
    expect(withKeys(said, ["https://one.example"])).toEqual(said);
  });

  it("are for http addresses", () => {
    expect(originOf("https://a.example/v1/")).toBe("https://a.example");
    expect(originOf("file:///etc/passwd")).toBeUndefined();
    expect(originOf("nonsense")).toBeUndefined();
  });
});

it("pauses for some minutes", () => {
  const memory = { get: <T>(_: string, empty: T) => empty, update: async () => {} };
  let now = new Date(2026, 1, 3, 9, 0).getTime();
  const pauses = new Pauses(memory, memory, () => now);
  const python = { uri: "file:///a.py", language: "python" };
  pauses.snooze(10);
  now += 5.5 * 60_000;
  expect([pauses.words(python), pauses.minutesLeft]).toEqual(["paused until 9:10", 5]);
  now += 4.5 * 60_000;
  expect([pauses.words(python), pauses.minutesLeft]).toEqual(["", 0]);
  pauses.snooze(10);
  pauses.snooze(0);
  expect(pauses.minutesLeft).toBe(0);
});

it("pauses a file, a language, a workspace, the narrowest told first", async () => {
  const memory = () => {
    const values = new Map<string, unknown>();
    return {
      get: <T>(key: string, empty: T) => (values.get(key) as T | undefined) ?? empty,
      update: async (key: string, value: unknown) => void values.set(key, value),
    };
  };
  const pauses = new Pauses(memory(), memory());
  const python = { uri: "file:///a.py", language: "python" };
  const go = { uri: "file:///a.go", language: "go" };
  await pauses.set("language", python, true);
  expect([pauses.words(python), pauses.words(go)]).toEqual(["paused for python", ""]);
  await pauses.set("workspace", python, true);
  await pauses.set("file", go, true);
  expect([pauses.at(python), pauses.at(go)]).toEqual([
    ["language", "workspace"],
    ["file", "workspace"],
  ]);
  await pauses.set("language", go, false);
  await pauses.set("language", python, false);
  await pauses.set("workspace", python, false);
  await pauses.set("file", go, false);
  expect([pauses.at(python), pauses.at(go)]).toEqual([[], []]);
  // Without a file there is what needs none.
  expect(pauses.scopes(undefined)).toEqual(["workspace", "everywhere"]);
  await pauses.set("file", undefined, true);
  await pauses.set("everywhere", undefined, true);
  expect([pauses.at(undefined), pauses.words(python)]).toEqual([["everywhere"], "paused"]);
});
