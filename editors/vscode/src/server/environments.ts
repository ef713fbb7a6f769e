// The extension's own environments: one folder for each server that came with it, a stamp in those that are complete.

import { createHash } from "node:crypto";
import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
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

/** The complete ones, the newest first. */
export async function environmentsIn(storage: string): Promise<Environment[]> {
  const names = await readdir(storage).catch(() => [] as string[]);
  const found: { environment: Environment; madeMs: number }[] = [];
  for (const name of names.filter((one) => one.startsWith(PREFIX))) {
    const folder = join(storage, name);
    const made = await stat(join(folder, STAMP)).catch(() => undefined);
    if (made !== undefined) {
      found.push({ environment: { folder, key: name.slice(PREFIX.length) }, madeMs: made.mtimeMs });
    }
  }
  return found.sort((one, other) => other.madeMs - one.madeMs).map((one) => one.environment);
}

export function environmentFor(storage: string, bundle: Bundle): Environment {
  return { folder: join(storage, PREFIX + bundle.key), key: bundle.key };
}

export async function markComplete(environment: Environment): Promise<void> {
  await writeFile(join(environment.folder, STAMP), `${environment.key}\n`);
}

/** Remove the others; what cannot be removed (a program in it runs, on Windows) is left for the next time. */
export async function removeOthers(storage: string, kept: Environment): Promise<void> {
  const names = await readdir(storage).catch(() => [] as string[]);
  for (const name of names.filter((one) => one.startsWith(PREFIX))) {
    const folder = join(storage, name);
    if (folder !== kept.folder) {
      await rm(folder, { recursive: true, force: true }).catch(() => undefined);
    }
  }
}

export function pythonIn(environment: Environment): string {
  return process.platform === "win32"
    ? join(environment.folder, "Scripts", "python.exe")
    : join(environment.folder, "bin", "python");
}
