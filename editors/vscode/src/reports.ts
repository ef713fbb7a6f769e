// Run Diagnostics and Show Statistics: the output of the server's command line, in an output panel.

import * as vscode from "vscode";

import { run } from "./server/ask";
import type { Place } from "./server/choose";

const TIMEOUT_MS = 120_000;

export class Reports implements vscode.Disposable {
  private readonly panel = vscode.window.createOutputChannel("AutoThink Report");

  /** `environment` is what the running server was told by other ways: settings and keys. */
  constructor(
    private readonly environment: () => Promise<Record<string, string>>,
    private readonly elsewhere: vscode.Uri,
  ) {}

  async show(place: Place | undefined, command: readonly string[]): Promise<void> {
    if (place === undefined) {
      void vscode.window.showWarningMessage("AutoThink: The language server is not running.");
      return;
    }
    this.panel.replace(`autothink-lsp ${command.join(" ")} …\n`);
    this.panel.show(true);
    // The folder's own settings file counts, where the folder is trusted.
    const cwd = vscode.workspace.isTrusted ? vscode.workspace.workspaceFolders?.[0]?.uri : this.elsewhere;
    const ran = await run([...place.command, ...command], {
      timeoutMs: TIMEOUT_MS,
      // Python takes no modules from the folder, which is the project.
      environment: { ...process.env, PYTHONSAFEPATH: "1", ...(await this.environment()) },
      cwd: cwd?.scheme === "file" ? cwd.fsPath : undefined,
    });
    this.panel.replace(`${`${ran.output}${ran.errors}`.trimEnd() || ran.failure || "No output."}\n`);
  }

  dispose(): void {
    this.panel.dispose();
  }
}
