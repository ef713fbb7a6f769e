// What of VS Code's settings goes to the server: only what somebody set, so that the server's own files count as well.

/** What `WorkspaceConfiguration.inspect` says of one setting, as far as it matters here. */
export interface Inspected {
  readonly globalValue?: unknown;
  readonly workspaceValue?: unknown;
  readonly workspaceFolderValue?: unknown;
}

export interface ServerSetting {
  readonly name: string; // "completion.url"
  readonly restricted: boolean; // does not count from an untrusted workspace
}

/** The server's settings among those of package.json (`contributes.configuration`). */
export function serverSettings(packageJson: unknown): ServerSetting[] {
  const contributes = (packageJson as { contributes?: Contributes }).contributes;
  const restricted = new Set(
    (packageJson as { capabilities?: Capabilities }).capabilities?.untrustedWorkspaces?.restrictedConfigurations,
  );
  return (contributes?.configuration ?? [])
    .flatMap((section) => Object.entries(section.properties))
    .filter(([, property]) => property["x-server"] === true)
    .map(([name]) => ({ name: name.slice("autothink.".length), restricted: restricted.has(name) }));
}

interface Contributes {
  readonly configuration?: readonly { readonly properties: Record<string, { readonly "x-server"?: boolean }> }[];
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
  for (const { name, restricted } of settings) {
    const found = inspect(name);
    const said =
      trusted || !restricted
        ? (found?.workspaceFolderValue ?? found?.workspaceValue ?? found?.globalValue)
        : found?.globalValue;
    const [section, key] = name.split(".", 2);
    if (said !== undefined && section && key) {
      sections[section] ??= {};
      sections[section][key] = said;
    }
  }
  return sections;
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
    const pairs = Object.entries(value).map(([name, one]) => `${JSON.stringify(name)} = ${JSON.stringify(one)}`);
    return `{${pairs.join(", ")}}`;
  }
  return typeof value === "string" ? value : JSON.stringify(value);
}
