// The extension's own environments: one folder for each server that came with it, a stamp in those that are complete.
//
// Several windows may make and use them at the same time: an environment is made beside its place and moved there, and
// removed only when no window has started it for a week.

import { createHash, randomBytes } from "node:crypto";
import { readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** The server that the .vsix brings: its wheel, and the versions of what it needs. */
export interface Bundle {
  readonly wheel: string;
  readonly constraints: string;
  readonly key: string; // of the content, so that a new wheel makes a new environment
}

export interface Environment {
  readonly folder: string;
  readonly key: string;
}

const STAMP = "autothink-installed";
const PREFIX = "server-";
const BUILDING = "building-";
const UNUSED_MS = 7 * 24 * 3600_000;
const RETRIES = { maxRetries: 10, retryDelay: 200, recursive: true, force: true } as const;

/** What the extension brings; undefined in a copy without a server. */
export async function bundled(extension: string): Promise<Bundle | undefined> {
  const folder = join(extension, "server");
  const names = await readdir(folder).catch(() => [] as string[]);
  const wheel = names.find((name) => name.endsWith(".whl"));
  if (wheel === undefined) {
    return undefined;
  }
  const hash = createHash("sha256");
  for (const name of [wheel, "constraints.txt"]) {
    hash.update(await readFile(join(folder, name)));
  }
  return {
    wheel: join(folder, wheel),
    constraints: join(folder, "constraints.txt"),
    key: hash.digest("hex").slice(0, 12),
  };
}

/** The complete ones, the last used first. */
export async function environmentsIn(storage: string): Promise<Environment[]> {
  const found: { environment: Environment; usedMs: number }[] = [];
  for (const name of await namesIn(storage, PREFIX)) {
    const folder = join(storage, name);
    const used = await stat(join(folder, STAMP)).catch(() => undefined);
    if (used !== undefined) {
      found.push({ environment: { folder, key: name.slice(PREFIX.length).split(".")[0] ?? "" }, usedMs: used.mtimeMs });
    }
  }
  return found.sort((one, other) => other.usedMs - one.usedMs).map((one) => one.environment);
}

/** A place of this window's own to make one in. */
export function placeToBuild(storage: string, bundle: Bundle): Environment {
  return { folder: join(storage, `${BUILDING}${bundle.key}.${randomBytes(4).toString("hex")}`), key: bundle.key };
}

/** Mark it complete and move it where it is looked for; a suffix keeps it apart from one that is there already. */
export async function settle(storage: string, built: Environment): Promise<Environment> {
  await writeFile(join(built.folder, STAMP), `${built.key}\n`);
  const folder = join(storage, `${PREFIX}${built.key}.${randomBytes(4).toString("hex")}`);
  await rename(built.folder, folder);
  return { folder, key: built.key };
}

export async function remove(environment: Environment): Promise<void> {
  await rm(environment.folder, RETRIES).catch(() => undefined);
}

/** It is started now. Never fails: it only keeps it from being removed. */
export async function markUsed(environment: Environment): Promise<void> {
  const now = new Date();
  await utimes(join(environment.folder, STAMP), now, now).catch(() => undefined);
}

/** Remove what no window has used or made for a week; what cannot be removed is left for the next time. */
export async function removeUnused(storage: string, kept: Environment, nowMs: number): Promise<void> {
  const names = [...(await namesIn(storage, PREFIX)), ...(await namesIn(storage, BUILDING))];
  for (const folder of names.map((name) => join(storage, name)).filter((one) => one !== kept.folder)) {
    const used = await stat(join(folder, STAMP)).catch(() => stat(folder).catch(() => undefined));
    if (used !== undefined && nowMs - used.mtimeMs > UNUSED_MS) {
      await rm(folder, RETRIES).catch(() => undefined);
    }
  }
}

export function pythonIn(environment: Environment): string {
  return process.platform === "win32"
    ? join(environment.folder, "Scripts", "python.exe")
    : join(environment.folder, "bin", "python");
}

async function namesIn(storage: string, prefix: string): Promise<string[]> {
  const names = await readdir(storage).catch(() => [] as string[]);
  return names.filter((name) => name.startsWith(prefix));
}
