// Shows what is known: the status bar item, and the language status item beside the language's name.

import * as vscode from "vscode";

import { COMMAND, CONTEXT, SECTION } from "../names";
import { details, type Known, lineOf, type ServerStatus, type Severity, withStatus } from "./model";

const KEPT_LATENCIES = 20;
// What is answered sooner would only make the status bar flicker at every key.
const COMPLETING_AFTER_MS = 150;
const SEVERITY: Record<Severity, vscode.LanguageStatusSeverity> = {
  normal: vscode.LanguageStatusSeverity.Information,
  busy: vscode.LanguageStatusSeverity.Information,
  warning: vscode.LanguageStatusSeverity.Warning,
  error: vscode.LanguageStatusSeverity.Error,
};

export class StatusView implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem("autothink.status", vscode.StatusBarAlignment.Right, 100);
  private readonly language = vscode.languages.createLanguageStatusItem("autothink.status", { language: "*" });
  private completing = 0;
  private known: Known = {
    life: { kind: "starting" },
    downloading: false,
    completing: false,
    off: "",
    thinkMode: thinkMode(),
    assistModel: assistModel(),
    latenciesMs: [],
    shown: 0,
    accepted: 0,
    server: "",
  };

  constructor() {
    this.item.name = "AutoThink";
    this.item.command = COMMAND.menu;
    this.language.name = "AutoThink";
    this.language.command = { title: "Open Menu", command: COMMAND.menu };
    this.render();
    this.item.show();
  }

  get current(): Known {
    return this.known;
  }

  update(change: Partial<Known>): void {
    this.known = { ...this.known, ...change };
    this.render();
  }

  heard(status: ServerStatus): void {
    this.known = withStatus(this.known, status);
    void vscode.commands.executeCommand("setContext", CONTEXT.acting, this.known.action !== undefined);
    this.render();
  }

  /** Forget what only a running server can say. */
  stopped(): void {
    this.completing = 0;
    this.update({
      endpoint: undefined,
      action: undefined,
      assistProblem: undefined,
      downloading: false,
      completing: false,
    });
    void vscode.commands.executeCommand("setContext", CONTEXT.acting, false);
  }

  /** Show "completing" while the work lasts, if it lasts; `answered` says whether it brought a suggestion. */
  async during<T>(work: PromiseLike<T>, answered: (result: T) => boolean): Promise<T> {
    const began = performance.now();
    this.completing++;
    const timer = setTimeout(() => this.update({ completing: this.completing > 0 }), COMPLETING_AFTER_MS);
    try {
      const result = await work;
      if (answered(result)) {
        const latenciesMs = [...this.known.latenciesMs, performance.now() - began].slice(-KEPT_LATENCIES);
        this.known = { ...this.known, latenciesMs };
      }
      return result;
    } finally {
      clearTimeout(timer);
      this.completing = Math.max(0, this.completing - 1);
      if (this.known.completing) {
        this.update({ completing: this.completing > 0 });
      }
    }
  }

  settingsChanged(): void {
    this.update({ thinkMode: thinkMode(), assistModel: assistModel(), assistProblem: undefined });
  }

  dispose(): void {
    this.item.dispose();
    this.language.dispose();
  }

  private render(): void {
    const line = lineOf(this.known);
    const rows = details(this.known);
    if (this.item.text !== line.text) {
      this.item.text = line.text;
    }
    const tooltip = new vscode.MarkdownString("**AutoThink**\n\n");
    for (const [name, value] of rows) {
      tooltip.appendMarkdown(`${name}: `).appendText(value).appendMarkdown("  \n");
    }
    this.item.tooltip = tooltip;
    const colour = line.severity === "error" || line.severity === "warning" ? line.severity : undefined;
    this.item.backgroundColor = colour && new vscode.ThemeColor(`statusBarItem.${colour}Background`);
    const bare = line.text.replace(/\$\([^)]*\)\s*/g, "");
    this.item.accessibilityInformation = { label: bare };
    this.language.text = bare;
    this.language.detail = rows.find(([name]) => name === "Problem" || name === "Model")?.[1] ?? "";
    this.language.severity = SEVERITY[line.severity];
    this.language.busy = line.severity === "busy";
  }
}

/** The model for fixes as the settings name it; undefined where they name none. */
function assistModel(): string | undefined {
  const settings = vscode.workspace.getConfiguration(SECTION);
  const named = [settings.get<string>("assist.model", ""), settings.get<string>("assist.url", "")].filter(Boolean);
  return named.length > 0 ? named.join(" · ") : undefined;
}

function thinkMode(): string {
  return vscode.workspace.getConfiguration(SECTION).get<string>("assist.think", "auto");
}
