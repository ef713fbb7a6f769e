// Finds programs. Knows no VS Code.

import { access, constants, stat } from "node:fs/promises";
import { delimiter, isAbsolute, join, relative, resolve } from "node:path";

const WINDOWS = process.platform === "win32";

/** A program in an absolute folder of the PATH: a relative one would be the workspace's own. */
export async function programOnPath(name: string, path: string): Promise<string | undefined> {
  for (const folder of path.split(delimiter).filter((one) => isAbsolute(one))) {
    for (const file of WINDOWS ? [join(folder, `${name}.exe`), join(folder, name)] : [join(folder, name)]) {
      if (await isProgram(file)) {
        return file;
      }
    }
  }
  return undefined;
}

async function isProgram(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}

/** Where a named program really is: absolute, below the folder, or on the PATH; else as it was named. */
export async function resolvedProgram(name: string, folder: string | undefined, path: string): Promise<string> {
  if (isAbsolute(name)) {
    return name;
  }
  if (/[\\/]/.test(name)) {
    return folder === undefined ? name : resolve(folder, name);
  }
  return (await programOnPath(name, path)) ?? name;
}

export function liesIn(file: string, folder: string): boolean {
  const way = relative(folder, file);
  return way === "" || !(way.startsWith("..") || isAbsolute(way));
}
