// The quick pick behind the status bar item.

import * as vscode from "vscode";

import { COMMAND, SECTION } from "./names";
import type { Pauses, Place, Scope } from "./pause";
import type { ServerSetting } from "./settings";
import { details, type Known } from "./status/model";
import { writeSettings } from "./write-settings";

const SNOOZE_MINUTES = 10;

interface Entry extends vscode.QuickPickItem {
  readonly run?: () => PromiseLike<unknown>;
}

export async function showMenu(known: Known, pauses: Pauses, place: Place | undefined): Promise<void> {
  const chosen = await vscode.window.showQuickPick(entries(known, pauses, place), {
    title: "AutoThink",
    placeHolder: details(known)
      .filter(([name]) => name === "Problem" || name === "Model")
      .map(([name, value]) => `${name}: ${value}`)
      .join(" · "),
  });
  await chosen?.run?.();
}

/** Let the user pick whether actions think. */
export async function pickThinkMode(settings: readonly ServerSetting[]): Promise<void> {
  const now = vscode.workspace.getConfiguration(SECTION).get<string>("assist.think", "auto");
  const modes = [
    { label: "off", detail: "Never think." },
    { label: "auto", detail: "Try a quick attempt first; think only if its check fails." },
    { label: "on", detail: "Think for every request, if the model can." },
  ];
  const items = modes.map((mode) => ({ ...mode, description: mode.label === now ? "current" : "" }));
  const chosen = await vscode.window.showQuickPick(items, { title: "AutoThink: Set Think Mode" });
  if (chosen !== undefined) {
    await writeSettings([["assist.think", chosen.label]], settings);
  }
}

/** Let the user pick what to pause or resume. */
export async function pickPause(pauses: Pauses, place: Place | undefined): Promise<void> {
  const chosen = await vscode.window.showQuickPick(pauseEntries(pauses, place), {
    title: "AutoThink: Pause or Resume Suggestions",
  });
  await chosen?.run?.();
}

function entries(known: Known, pauses: Pauses, place: Place | undefined): Entry[] {
  const command = (label: string, name: string, description = ""): Entry => ({
    label,
    description,
    run: () => vscode.commands.executeCommand(name),
  });
  const acting: Entry[] = known.action
    ? [
        command("$(debug-continue) Answer Now", COMMAND.stopThinking, "stop thinking and answer"),
        command("$(close) Cancel Current Action", COMMAND.giveUp),
        command("$(eye) Show Thinking", COMMAND.showLast),
      ]
    : [];
  const missing = known.life.kind === "missing" || known.life.kind === "failed";
  return [
    ...(missing ? [command("$(cloud-download) Install or Repair Server", COMMAND.installServer)] : []),
    ...(known.downloading ? [command("$(close) Cancel Model Download", COMMAND.cancelDownload)] : []),
    ...acting,
    ...(place && known.life.kind === "running" ? actionEntries(command) : []),
    command("$(lightbulb) Set Think Mode…", COMMAND.thinkMode, known.thinkMode),
    {
      label: "$(server-environment) Choose Model…",
      description: [known.endpoint?.model, known.assistModel && `for fixes: ${known.assistModel}`]
        .filter(Boolean)
        .join(" · "),
      run: () => vscode.commands.executeCommand(COMMAND.chooseModel),
    },
    ...pauseEntries(pauses, place),
    command("$(book) Show Last Action", COMMAND.showLast),
    { label: "", kind: vscode.QuickPickItemKind.Separator },
    command("$(debug-restart) Restart Server", COMMAND.restart),
    command("$(output) Show Log", COMMAND.showLog),
    command("$(pulse) Run Diagnostics (Doctor)", COMMAND.doctor),
    command("$(graph) Show Statistics", COMMAND.statistics),
    command("$(key) Set API Key…", COMMAND.setApiKey),
    {
      label: "$(gear) Open Settings",
      run: () => vscode.commands.executeCommand("workbench.action.openSettings", `@ext:autothink.autothink`),
    },
  ];
}

type MakeEntry = (label: string, name: string, description?: string) => Entry;

function actionEntries(command: MakeEntry): Entry[] {
  return [
    command("$(wrench) Explain and Fix", COMMAND.fixHere),
    command("$(comment) Explain", COMMAND.explain),
    command("$(symbol-method) Refactor…", COMMAND.refactor),
    command("$(edit) Edit with Instructions…", COMMAND.change),
    { label: "", kind: vscode.QuickPickItemKind.Separator },
  ];
}

function pauseEntries(pauses: Pauses, place: Place | undefined): Entry[] {
  const snoozed = pauses.minutesLeft > 0;
  const snooze: Entry = {
    label: snoozed ? "$(play) Resume Suggestions" : `$(clock) Pause Suggestions for ${SNOOZE_MINUTES} Minutes`,
    description: snoozed ? `paused for ${pauses.minutesLeft} min` : "",
    run: async () => pauses.snooze(snoozed ? 0 : SNOOZE_MINUTES),
  };
  const names: Record<Scope, string> = {
    file: "in This File",
    language: `for Language '${place?.language}'`,
    workspace: "in This Workspace",
    everywhere: "Everywhere",
  };
  const scopes = pauses.scopes(place).map((scope) => {
    const paused = pauses.at(place).includes(scope);
    const label = `${paused ? "$(play) Resume" : "$(debug-pause) Pause"} Suggestions ${names[scope]}`;
    return { label, run: () => pauses.set(scope, place, !paused) };
  });
  return [snooze, ...scopes];
}
