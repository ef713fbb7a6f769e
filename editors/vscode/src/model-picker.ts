// Choose Model: the models of the built-in engine and of the configured servers in a quick pick; one that is not installed is downloaded first.

import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";

import { type KnownModel, linesFor, type ModelLine, type Role, settingsFor, sizeOf } from "./known-models";
import { MESSAGE } from "./names";
import { run } from "./server/ask";
import type { Place } from "./server/choose";
import type { ServerSetting } from "./settings";
import { writeSettings } from "./write-settings";

const PULL_MS = 6 * 60 * 60 * 1_000;
const SETTINGS = "@ext:autothink.autothink model";
const TITLES: Record<Role, string> = { completion: "Suggestions", assist: "Actions", "next edit": "Next Edits" };

interface Line extends vscode.QuickPickItem {
  readonly line?: ModelLine;
}

/** `environment` is what the running server was told by other ways: settings and keys. `settings` are all that it has. */
export async function pickModel(
  client: LanguageClient | undefined,
  place: Place | undefined,
  environment: () => Promise<Record<string, string>>,
  settings: readonly ServerSetting[],
): Promise<void> {
  const models = await client?.sendRequest<KnownModel[]>(MESSAGE.models).catch(() => undefined);
  if (models === undefined || place === undefined) {
    // Without a running server only the settings can be shown.
    await vscode.commands.executeCommand("workbench.action.openSettings", SETTINGS);
    return;
  }
  const chosen = await vscode.window.showQuickPick<Line>(entries(models), {
    title: "AutoThink: Choose Model",
    matchOnDescription: true,
    matchOnDetail: true,
  });
  if (chosen === undefined) {
    return;
  }
  if (chosen.line === undefined) {
    await vscode.commands.executeCommand("workbench.action.openSettings", SETTINGS);
    return;
  }
  const { model, role } = chosen.line;
  if (model.installed || (await download(model, place, environment))) {
    await writeSettings(settingsFor(role, model), settings);
  }
}

function entries(models: readonly KnownModel[]): Line[] {
  const ofRole = (role: Role): Line[] => {
    const lines = linesFor(role, models).map((line) => ({
      label: line.label,
      description: line.description,
      detail: line.detail,
      line,
    }));
    return lines.length > 0 ? [{ label: TITLES[role], kind: vscode.QuickPickItemKind.Separator }, ...lines] : [];
  };
  return [
    ...ofRole("completion"),
    ...ofRole("assist"),
    ...ofRole("next edit"),
    { label: "Model servers", kind: vscode.QuickPickItemKind.Separator },
    { label: "$(gear) Open Model Settings", description: "for a server of your own" },
  ];
}

/** Whether the model is installed now. */
async function download(
  model: KnownModel,
  place: Place,
  environment: () => Promise<Record<string, string>>,
): Promise<boolean> {
  const button = "Download";
  const licence = model.licence || "see its repository";
  const answer = await vscode.window.showInformationMessage(
    `Download ${model.name}?`,
    { modal: true, detail: `Size: ${sizeOf(model)}. License: ${licence}.` },
    button,
  );
  if (answer !== button) {
    return false;
  }
  const ran = await vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: `AutoThink: Downloading ${model.name}`,
      cancellable: true,
    },
    async (progress, token) => {
      const cancel = new AbortController();
      token.onCancellationRequested(() => cancel.abort());
      return run([...place.command, "model", "pull", model.name, "--yes"], {
        timeoutMs: PULL_MS,
        signal: cancel.signal,
        environment: { ...process.env, PYTHONSAFEPATH: "1", ...(await environment()) },
        heard: (text) => {
          const amount = /\d+ of \d+ MB/.exec(text)?.[0];
          progress.report({ message: amount });
        },
      });
    },
  );
  if (ran.status !== 0 && ran.failure !== "cancelled") {
    const why = ran.errors.trim().split("\n").slice(-2).join(" ") || ran.failure;
    void vscode.window.showErrorMessage(`AutoThink: ${model.name} was not downloaded. ${why}`);
  }
  return ran.status === 0;
}
