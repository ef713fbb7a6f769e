// Asks for API keys and keeps them in VS Code's secret storage; which addresses have one is no secret.

import * as vscode from "vscode";

import { originOf, variableOf } from "./keys";
import { SECTION } from "./names";

const ORIGINS = "autothink.keyOrigins";

export class ApiKeys {
  constructor(private readonly context: vscode.ExtensionContext) {}

  get origins(): readonly string[] {
    return this.context.globalState.get<string[]>(ORIGINS, []);
  }

  /** The environment for the server. */
  async environment(): Promise<Record<string, string>> {
    const found: Record<string, string> = {};
    for (const [index, origin] of this.origins.entries()) {
      const key = await this.context.secrets.get(nameOf(origin));
      if (key) {
        found[variableOf(index)] = key;
      }
    }
    return found;
  }

  /** Ask for an address and its key. Whether one was stored. */
  async ask(): Promise<boolean> {
    const origin = await this.askOrigin();
    if (origin === undefined) {
      return false;
    }
    const key = await vscode.window.showInputBox({
      title: `API key for ${origin}`,
      prompt: "Kept in VS Code's secret storage, never in settings; sent to this address only.",
      password: true,
      ignoreFocusOut: true,
      validateInput: (text) =>
        /^[\x21-\x7e]*$/.test(text.trim()) ? undefined : "A key is plain ASCII without blanks.",
    });
    if (!key?.trim()) {
      return false;
    }
    await this.context.secrets.store(nameOf(origin), key.trim());
    await this.remember([...this.origins.filter((one) => one !== origin), origin]);
    return true;
  }

  /** Let the user pick one to forget. Whether one was removed. */
  async remove(): Promise<boolean> {
    if (this.origins.length === 0) {
      void vscode.window.showInformationMessage("AutoThink: no API key is stored.");
      return false;
    }
    const origin = await vscode.window.showQuickPick(this.origins, { title: "Forget the API key for" });
    if (origin === undefined) {
      return false;
    }
    await this.context.secrets.delete(nameOf(origin));
    await this.remember(this.origins.filter((one) => one !== origin));
    return true;
  }

  private async askOrigin(): Promise<string | undefined> {
    const configuration = vscode.workspace.getConfiguration(SECTION);
    const roles = ["completion", "assist"];
    const known = roles.map((role) => originOf(configuration.get<string>(`${role}.url`, "")));
    const said = await vscode.window.showInputBox({
      title: "API key: for which server?",
      value: known.find((one) => one !== undefined) ?? "https://",
      prompt: "The address in autothink.completion.url or autothink.assist.url",
      validateInput: (text) => (originOf(text) ? undefined : "An http or https address"),
    });
    return said === undefined ? undefined : originOf(said);
  }

  private remember(origins: readonly string[]): PromiseLike<void> {
    return this.context.globalState.update(ORIGINS, origins);
  }
}

function nameOf(origin: string): string {
  return `autothink.key:${origin}`;
}
