import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { expect, test } from "vitest";

import { languageServers } from "../src/language-servers";

test("folders of known extensions, each once", () => {
  const installed: Record<string, string> = {
    "ms-pyright.pyright": "/opt/extensions/ms-pyright.pyright-1.1.414",
    "charliermarsh.ruff": "/opt/extensions/charliermarsh.ruff-2026.1.0",
    "someone.else": "/elsewhere/someone.else-1",
  };
  const found = languageServers((id) => installed[id], "/nowhere");
  expect(found).toEqual({ programs: [], extensionFolders: ["/opt/extensions"] });
});

test("clangd that its extension has downloaded, the newest first", () => {
  const storage = mkdtempSync(path.join(tmpdir(), "storage-"));
  for (const version of ["9.0.0", "21.1.0"]) {
    mkdirSync(path.join(storage, `llvm-vs-code-extensions.vscode-clangd/install/${version}/clangd_${version}/bin`), {
      recursive: true,
    });
  }
  const names = languageServers(() => undefined, storage, "").programs.map((program) =>
    path.relative(storage, program),
  );
  expect(names.map((name) => name.split(path.sep)[2])).toEqual(["21.1.0", "9.0.0"]);
  expect(names[0]).toMatch(/bin.clangd$/);
});
