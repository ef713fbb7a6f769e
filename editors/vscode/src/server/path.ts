// Finds programs on the PATH. Knows no VS Code.

import { access, constants } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";

const WINDOWS = process.platform === "win32";

/** A program in an absolute folder of the PATH: a relative one would be the workspace's own. */
export async function programOnPath(name: string, path: string): Promise<string | undefined> {
  for (const folder of path.split(delimiter).filter((one) => isAbsolute(one))) {
    const file = join(folder, WINDOWS ? `${name}.exe` : name);
    if (
      await access(file, constants.X_OK).then(
        () => true,
        () => false,
      )
    ) {
      return file;
    }
  }
  return undefined;
}
