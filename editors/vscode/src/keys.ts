// API keys: kept in VS Code's secret storage, one for each server address, and handed to our server as variables of
// its environment. A key goes with an address, so that a changed url never sends it to another server.

import { createHash } from "node:crypto";

/** Scheme, host and port of a server's url; undefined for what is none. */
export function originOf(url: string): string | undefined {
  try {
    const parsed = new URL(url.trim());
    return parsed.protocol === "http:" || parsed.protocol === "https:" ? parsed.origin : undefined;
  } catch {
    return undefined;
  }
}

/** The variable that holds the key of an address; made of the address, so that it can never mean another one. */
export function variableOf(origin: string): string {
  return `AUTOTHINK_EDITOR_KEY_${createHash("sha256").update(origin).digest("hex").slice(0, 16).toUpperCase()}`;
}

/** Sections of the server's settings that name a model server, and the same in the names of the editor's settings. */
export const ROLES = { completion: "completion", assist: "assist", next_edit: "nextEdit" } as const;

/** Name each role's key in the section for the server, where it was given one for its address and none is set by hand. */
export function withKeys(
  sections: Record<string, Record<string, unknown>>,
  origins: readonly string[],
): Record<string, Record<string, unknown>> {
  const named = { ...sections };
  for (const role of Object.keys(ROLES)) {
    const section = named[role];
    const origin = typeof section?.url === "string" ? originOf(section.url) : undefined;
    const byHand = [section?.api_key_env, section?.api_key_command, section?.api_key_keyring].some(
      (one) => one !== undefined && one !== "" && !(Array.isArray(one) && one.length === 0),
    );
    if (origin !== undefined && origins.includes(origin) && !byHand) {
      named[role] = { ...section, api_key_env: variableOf(origin) };
    }
  }
  return named;
}
