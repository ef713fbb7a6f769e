// API keys: kept in VS Code's secret storage, one for each server address, and handed to our server as variables of
// its environment. A key goes with an address, so that a changed url never sends it to somebody else.

/** Scheme, host and port of a server's url; undefined for what is none. */
export function originOf(url: string): string | undefined {
  try {
    const parsed = new URL(url.trim());
    return parsed.protocol === "http:" || parsed.protocol === "https:" ? parsed.origin : undefined;
  } catch {
    return undefined;
  }
}

/** The variable that holds the key of the nth address. */
export function variableOf(index: number): string {
  return `AUTOTHINK_EDITOR_KEY_${index}`;
}

/** Name each role's key in the section for the server, where one is stored for its address and none is set by hand. */
export function withKeys(
  sections: Record<string, Record<string, unknown>>,
  origins: readonly string[],
): Record<string, Record<string, unknown>> {
  const named = { ...sections };
  for (const role of ["completion", "assist"]) {
    const said = named[role];
    const origin = typeof said?.url === "string" ? originOf(said.url) : undefined;
    const index = origin === undefined ? -1 : origins.indexOf(origin);
    const byHand = said?.api_key_env ?? said?.api_key_command ?? said?.api_key_keyring;
    if (index >= 0 && !byHand) {
      named[role] = { ...said, api_key_env: variableOf(index) };
    }
  }
  return named;
}
