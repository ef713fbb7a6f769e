// Writes settings of the server where they count for the active editor.

import * as vscode from "vscode";

import { SECTION } from "./names";
import { type Scope, updatesFor } from "./setting-updates";
import type { ServerSetting } from "./settings";

const TARGETS: Record<Scope, vscode.ConfigurationTarget> = {
  folder: vscode.ConfigurationTarget.WorkspaceFolder,
  workspace: vscode.ConfigurationTarget.Workspace,
  user: vscode.ConfigurationTarget.Global,
};

/** One after the other, in this order: the server reads the settings after each. */
export async function writeSettings(
  wanted: readonly (readonly [key: string, value: string | undefined])[],
  settings: readonly ServerSetting[],
): Promise<void> {
  const place = vscode.window.activeTextEditor?.document.uri ?? vscode.workspace.workspaceFolders?.[0]?.uri;
  const configuration = vscode.workspace.getConfiguration(SECTION, place);
  const inspect = (key: string) => configuration.inspect(key);
  for (const { key, scope, value } of updatesFor(wanted, settings, inspect, vscode.workspace.isTrusted)) {
    await configuration.update(key, value, TARGETS[scope]);
  }
}
