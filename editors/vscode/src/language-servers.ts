// Which language servers this VS Code has: the server checks edits with instances of its own.

import { readdirSync } from "node:fs";
import * as path from "node:path";

const EXTENSIONS = [
  "ms-pyright.pyright",
  "detachhead.basedpyright",
  "charliermarsh.ruff",
  "astral-sh.ty",
  "rust-lang.rust-analyzer",
  "llvm-vs-code-extensions.vscode-clangd",
  "dbaeumer.vscode-eslint",
  "redhat.vscode-yaml",
  "sumneko.lua",
];
const CLANGD = "llvm-vs-code-extensions.vscode-clangd";

export interface LanguageServers {
  readonly programs: string[];
  readonly extensionFolders: string[];
}

/**
 * `extensionPath` says where an extension lies, if it is installed; `globalStorage` is the folder in which extensions
 * keep what they download.
 */
export function languageServers(
  extensionPath: (id: string) => string | undefined,
  globalStorage: string,
  exe = process.platform === "win32" ? ".exe" : "",
): LanguageServers {
  const folders = EXTENSIONS.map(extensionPath).filter((found) => found !== undefined);
  const install = path.join(globalStorage, CLANGD, "install");
  const programs = below(install).flatMap((version) =>
    below(version).map((folder) => path.join(folder, "bin", `clangd${exe}`)),
  );
  return { programs, extensionFolders: [...new Set(folders.map((folder) => path.dirname(folder)))] };
}

/** The entries of a folder, the newest name first; none where it cannot be read. */
function below(folder: string): string[] {
  try {
    const names = readdirSync(folder).sort((a, b) => b.localeCompare(a, undefined, { numeric: true }));
    return names.map((name) => path.join(folder, name));
  } catch {
    return [];
  }
}
