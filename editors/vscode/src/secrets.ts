// Asks for API keys and keeps them in VS Code's secret storage; which addresses have one is no secret.

import * as vscode from "vscode";

import { originOf, ROLES, variableOf } from "./keys";
import { SECTION } from "./names";

const ORIGINS = "autothink.keyOrigins";
const PREFIX = "autothink.key:";

export class ApiKeys implements vscode.Disposable {
  private given: readonly string[] = [];
  private readonly subscription: vscode.Disposable;

  /** `changed`: a key was set or forgotten, in this window or another one. */
  constructor(
    private readonly context: vscode.ExtensionContext,
    changed: () => void,
  ) {
    this.subscription = context.secrets.onDidChange((event) => event.key.startsWith(PREFIX) && changed());
  }

  /** The addresses whose keys the running server was given. */
  get handed(): readonly string[] {
    return this.given;
  }

  /** The environment for a server that is about to start. */
  async environment(): Promise<Record<string, string>> {
    const found: Record<string, string> = {};
    const given: string[] = [];
    for (const origin of this.origins) {
      const key = await this.context.secrets.get(nameOf(origin));
      if (key) {
        found[variableOf(origin)] = key;
        given.push(origin);
      }
    }
    this.given = given;
    return found;
  }

  dispose(): void {
    this.subscription.dispose();
  }

  private get origins(): readonly string[] {
    return this.context.globalState.get<string[]>(ORIGINS, []);
  }

  /** Ask for an address and its key. Whether one was stored. */
  async ask(): Promise<boolean> {
    const origin = await this.askOrigin();
    if (origin === undefined) {
      return false;
    }
    const key = await vscode.window.showInputBox({
      title: `API Key for ${origin}`,
      prompt: "Stored in VS Code's secret storage, not in settings. Sent to this address only.",
      password: true,
      ignoreFocusOut: true,
      validateInput: (text) =>
        /^[\x21-\x7e]*$/.test(text.trim()) ? undefined : "An API key consists of ASCII characters without spaces.",
    });
    if (!key?.trim()) {
      return false;
    }
    await this.remember([...this.origins.filter((one) => one !== origin), origin]);
    await this.context.secrets.store(nameOf(origin), key.trim());
    return true;
  }

  /** Let the user pick one to forget. Whether one was removed. */
  async remove(): Promise<boolean> {
    if (this.origins.length === 0) {
      void vscode.window.showInformationMessage("AutoThink: No API key is stored.");
      return false;
    }
    const origin = await vscode.window.showQuickPick(this.origins, { title: "Remove API Key" });
    if (origin === undefined) {
      return false;
    }
    await this.remember(this.origins.filter((one) => one !== origin));
    await this.context.secrets.delete(nameOf(origin));
    return true;
  }

  private async askOrigin(): Promise<string | undefined> {
    const configuration = vscode.workspace.getConfiguration(SECTION);
    const known = Object.values(ROLES).map((role) => originOf(configuration.get<string>(`${role}.url`, "")));
    const address = await vscode.window.showInputBox({
      title: "Set API Key: Server",
      value: known.find((one) => one !== undefined) ?? "https://",
      prompt: "Server address, as in autothink.completion.url, autothink.assist.url or autothink.nextEdit.url",
      validateInput: (text) => (originOf(text) ? undefined : "Enter an http or https address."),
    });
    return address === undefined ? undefined : originOf(address);
  }

  private remember(origins: readonly string[]): PromiseLike<void> {
    return this.context.globalState.update(ORIGINS, origins);
  }
}

function nameOf(origin: string): string {
  return `${PREFIX}${origin}`;
}
