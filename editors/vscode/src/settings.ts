// What of VS Code's settings goes to the server: only what the user set, so that the server's own files count as well.

/** What `WorkspaceConfiguration.inspect` says of one setting, as far as it matters here. */
export interface Inspected {
  readonly globalValue?: unknown;
  readonly workspaceValue?: unknown;
  readonly workspaceFolderValue?: unknown;
  readonly globalLanguageValue?: unknown;
  readonly workspaceLanguageValue?: unknown;
  readonly workspaceFolderLanguageValue?: unknown;
  readonly languageIds?: readonly string[];
}

export interface ServerSetting {
  readonly name: string; // the server's: "completion.max_tokens"
  readonly keys: readonly string[]; // VS Code's, the one that counts first: "completion.maxTokens", "completion.max_tokens"
  readonly restricted: boolean; // does not count from an untrusted workspace
}

/** The server's settings among those of package.json (`contributes.configuration`), old spellings included. */
export function serverSettings(packageJson: unknown): ServerSetting[] {
  const contributes = (packageJson as { contributes?: Contributes }).contributes;
  const restricted = new Set(
    (packageJson as { capabilities?: Capabilities }).capabilities?.untrustedWorkspaces?.restrictedConfigurations,
  );
  const keys = new Map<string, string[]>();
  for (const [name, property] of (contributes?.configuration ?? []).flatMap((one) => Object.entries(one.properties))) {
    const server = property["x-server"];
    if (server !== undefined) {
      keys.set(server, [...(keys.get(server) ?? []), name.slice("autothink.".length)]);
    }
  }
  return [...keys].map(([name, all]) => ({
    name,
    keys: all,
    restricted: all.some((key) => restricted.has(`autothink.${key}`)),
  }));
}

interface Contributes {
  readonly configuration?: readonly { readonly properties: Record<string, { readonly "x-server"?: string }> }[];
}
interface Capabilities {
  readonly untrustedWorkspaces?: { readonly restrictedConfigurations?: readonly string[] };
}

/** The section for the server, nested: `{completion: {url: …}}`. */
export function configurationFor(
  settings: readonly ServerSetting[],
  inspect: (name: string) => Inspected | undefined,
  trusted: boolean,
): Record<string, Record<string, unknown>> {
  const sections: Record<string, Record<string, unknown>> = {};
  for (const { name, keys, restricted } of settings) {
    const found = keys.map(inspect);
    const all = [
      ...found.map((one) => one?.workspaceFolderValue),
      ...found.map((one) => one?.workspaceValue),
      ...found.map((one) => one?.globalValue),
    ];
    const chosen = (trusted || !restricted ? all : all.slice(-keys.length)).find((value) => value !== undefined);
    const [section, key] = name.split(".", 2);
    if (chosen !== undefined && section && key) {
      sections[section] ??= {};
      sections[section][key] = chosen;
    }
  }
  return sections;
}

/** A section with `enabled` as languages override it in VS Code (`"[python]": {…}`), in the server's form. */
export function withLanguages(
  section: Record<string, unknown> | undefined,
  overrides: Readonly<Record<string, boolean>>,
): Record<string, unknown> | undefined {
  if (Object.keys(overrides).length === 0) {
    return section;
  }
  const { enabled, languages } = section ?? {};
  const listed = Array.isArray(languages)
    ? { "*": false, ...Object.fromEntries(languages.map((one) => [one, true])) }
    : (languages as Record<string, boolean> | undefined);
  const isOn = enabled !== false;
  // Switched off but for some languages: the server is on, and the others are off.
  const others = isOn ? listed : { "*": false };
  return {
    ...section,
    enabled: isOn || Object.values(overrides).some(Boolean),
    languages: { ...others, ...overrides },
  };
}

/** A section with other settings as languages override them in VS Code (`"[python]": {…}`): the server's table
 *  `by_language`. `overrides` has the values of languages by the server's name of the setting. */
export function withLanguageValues(
  section: Record<string, unknown> | undefined,
  overrides: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): Record<string, unknown> | undefined {
  const { by_language: own } = section ?? {};
  const table = { ...(own as Record<string, Record<string, unknown>> | undefined) };
  for (const [name, values] of Object.entries(overrides)) {
    for (const [language, value] of Object.entries(values)) {
      table[language] = { ...table[language], [name]: value };
    }
  }
  return Object.keys(table).length === 0 ? section : { ...section, by_language: table };
}

/** The same as variables of the environment, for commands of the server that no editor speaks to. */
export function environmentFor(sections: Record<string, Record<string, unknown>>): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [section, values] of Object.entries(sections)) {
    for (const [key, value] of Object.entries(values)) {
      found[`AUTOTHINK_${section}__${key}`.toUpperCase()] = tomlText(value);
    }
  }
  return found;
}

/** A TOML value; JSON is one but for its objects. A text stands for itself. */
function tomlText(value: unknown): string {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    const pairs = Object.entries(value).map(([name, one]) => {
      const text = typeof one === "string" ? JSON.stringify(one) : tomlText(one);
      return `${JSON.stringify(name)} = ${text}`;
    });
    return `{${pairs.join(", ")}}`;
  }
  return typeof value === "string" ? value : JSON.stringify(value);
}
