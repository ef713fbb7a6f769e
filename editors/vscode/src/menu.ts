// The quick pick behind the status bar item.

import * as vscode from "vscode";

import { COMMAND, SECTION } from "./names";
import type { Pauses, Place, Scope } from "./pause";
import { details, type Known } from "./status/model";

interface Entry extends vscode.QuickPickItem {
  readonly run?: () => PromiseLike<unknown>;
}

export async function showMenu(known: Known, pauses: Pauses, place: Place | undefined): Promise<void> {
  const chosen = await vscode.window.showQuickPick(entries(known, pauses, place), {
    title: "AutoThink",
    placeHolder: details(known)
      .filter(([name]) => name === "problem" || name === "model" || name === "last decision")
      .map(([name, value]) => `${name}: ${value}`)
      .join(" · "),
  });
  await chosen?.run?.();
}

/** Let the user pick whether actions think. */
export async function pickThinkMode(): Promise<void> {
  const now = vscode.workspace.getConfiguration(SECTION).get<string>("assist.think", "auto");
  const modes = [
    { label: "off", detail: "Never think: the quick answer only." },
    { label: "auto", detail: "Try quickly, check the result, think when that says so." },
    { label: "on", detail: "Think at once, where the model can." },
  ];
  const items = modes.map((mode) => ({ ...mode, description: mode.label === now ? "now" : "" }));
  const chosen = await vscode.window.showQuickPick(items, { title: "AutoThink: think mode" });
  if (chosen !== undefined) {
    await setThinkMode(chosen.label);
  }
}

/** Where it is set already, else for the user. */
async function setThinkMode(mode: string): Promise<void> {
  const configuration = vscode.workspace.getConfiguration(SECTION, vscode.window.activeTextEditor?.document);
  const found = configuration.inspect("assist.think");
  const { ConfigurationTarget } = vscode;
  const inFolder = found?.workspaceFolderValue !== undefined;
  const inWorkspace = found?.workspaceValue !== undefined;
  const target = inFolder
    ? ConfigurationTarget.WorkspaceFolder
    : inWorkspace
      ? ConfigurationTarget.Workspace
      : ConfigurationTarget.Global;
  await configuration.update("assist.think", mode, target);
}

/** Let the user pick what to pause or resume. */
export async function pickPause(pauses: Pauses, place: Place | undefined): Promise<void> {
  if (place === undefined) {
    return;
  }
  const chosen = await vscode.window.showQuickPick(pauseEntries(pauses, place), { title: "AutoThink: suggestions" });
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
        command("$(debug-continue) Answer now", COMMAND.stopThinking, "stop thinking and take what is known"),
        command("$(close) Cancel the action", COMMAND.giveUp),
        command("$(eye) Watch it think", COMMAND.showLast),
      ]
    : [];
  return [
    ...acting,
    command("$(lightbulb) Think mode…", COMMAND.thinkMode, known.thinkMode),
    ...(place ? pauseEntries(pauses, place) : []),
    command("$(book) Show the last action", COMMAND.showLast),
    { label: "", kind: vscode.QuickPickItemKind.Separator },
    command("$(debug-restart) Restart the server", COMMAND.restart),
    command("$(output) Show the log", COMMAND.showLog),
    command("$(pulse) Doctor: is everything in order?", COMMAND.doctor),
    command("$(graph) Statistics", COMMAND.statistics),
    command("$(key) Set an API key…", COMMAND.setApiKey),
    {
      label: "$(gear) Settings",
      run: () => vscode.commands.executeCommand("workbench.action.openSettings", `@ext:autothink.autothink`),
    },
  ];
}

function pauseEntries(pauses: Pauses, place: Place): Entry[] {
  const names: Record<Scope, string> = {
    file: "in this file",
    language: `in ${place.language} files`,
    workspace: "in this workspace",
  };
  return (Object.keys(names) as Scope[]).map((scope) => {
    const paused = pauses.at(place).includes(scope);
    const label = `${paused ? "$(play) Resume" : "$(debug-pause) Pause"} suggestions ${names[scope]}`;
    return { label, run: () => pauses.set(scope, place, !paused) };
  });
}
