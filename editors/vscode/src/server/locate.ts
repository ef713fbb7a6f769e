// Lists the places where the server may be, in the order in which they count, and asks them.

import * as vscode from "vscode";

import { CLIENT_SETTING, SECTION } from "../names";
import { run } from "./ask";
import { type Answer, answerOf, type Choice, choose, moduleOf, type Place } from "./choose";
import { liesIn, programOnPath, resolvedProgram } from "./path";

const TIMEOUT_MS = 30_000;

/**
 * Find the server. `ownPython` is the interpreter of the extension's own environment, if there is one, `cwd` where the
 * programs are started.
 */
export async function locate(ownPython: string | undefined, ours: string, cwd: string): Promise<Choice> {
  const ask = async (place: Place): Promise<Answer> =>
    refusal(place) ?? answerOf(await run([...place.command, "--version"], { timeoutMs: TIMEOUT_MS, cwd }));
  const set = await bySetting();
  if (set !== undefined) {
    return choose([set], ask, ours);
  }
  const selected = await selectedPython();
  const onPath = await programOnPath("autothink-lsp", process.env.PATH ?? "");
  const places: Place[] = [];
  if (selected !== undefined) {
    places.push({ command: moduleOf(selected), source: "the selected Python environment" });
  }
  if (onPath !== undefined) {
    places.push({ command: [onPath], source: "the PATH" });
  }
  if (ownPython !== undefined) {
    places.push({ command: moduleOf(ownPython), source: "the extension's own environment" });
  }
  return choose(places, ask, ours);
}

/** The interpreter that the Python extension has selected; none in a workspace that is not trusted. */
export async function selectedPython(): Promise<string | undefined> {
  const python = vscode.workspace.isTrusted ? vscode.extensions.getExtension("ms-python.python") : undefined;
  try {
    const api = await (python?.activate() as PromiseLike<PythonApi> | undefined);
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
    const chosen = api?.environments?.getActiveEnvironmentPath(folder);
    const resolved = chosen ? await api?.environments?.resolveEnvironment(chosen) : undefined;
    return resolved?.executable.uri?.fsPath;
  } catch {
    return undefined; // the Python extension's troubles are not ours
  }
}

// The part of ms-python.python's public API that is used here.
interface PythonApi {
  readonly environments?: {
    getActiveEnvironmentPath(resource?: vscode.Uri): unknown;
    resolveEnvironment(path: unknown): Promise<{ executable: { uri?: vscode.Uri } } | undefined>;
  };
}

async function bySetting(): Promise<Place | undefined> {
  const configuration = vscode.workspace.getConfiguration(SECTION);
  const command = listOf(configuration.get<unknown>(CLIENT_SETTING.command)).map(expanded);
  const [program, ...args] = command;
  if (program !== undefined) {
    const setting = `${SECTION}.${CLIENT_SETTING.command}`;
    return { command: [await found(program), ...args], source: "your setting", setting, value: command.join(" ") };
  }
  const value = configuration.get<unknown>(CLIENT_SETTING.python);
  const python = typeof value === "string" ? expanded(value.trim()) : "";
  const setting = `${SECTION}.${CLIENT_SETTING.python}`;
  return python
    ? { command: moduleOf(await found(python)), source: "your setting", setting, value: python }
    : undefined;
}

/** A list of texts; a single text in the settings counts as a list of one. */
function listOf(value: unknown): string[] {
  const list = typeof value === "string" ? [value.trim()] : Array.isArray(value) ? value : [];
  return list.filter((one) => typeof one === "string" && one !== "");
}

function found(program: string): Promise<string> {
  return resolvedProgram(program, vscode.workspace.workspaceFolders?.[0]?.uri.fsPath, process.env.PATH ?? "");
}

/** A stranger's folder brings no program of ours. */
function refusal(place: Place): Answer | undefined {
  const folders = vscode.workspace.isTrusted ? [] : (vscode.workspace.workspaceFolders ?? []);
  return folders.some((folder) => place.command.some((part) => liesIn(part, folder.uri.fsPath)))
    ? { kind: "broken", problem: "it lies in this workspace, which is not trusted" }
    : undefined;
}

/** `${workspaceFolder}` and `~`, as users know them from other settings. */
function expanded(text: string): string {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? "";
  const home = process.env.HOME ?? process.env.USERPROFILE ?? "~";
  return text.replace(/\$\{workspaceFolder\}/g, () => folder).replace(/^~(?=[\\/])/, () => home);
}
