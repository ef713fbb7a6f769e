// Shows the document of an action beside the code, rendered. The server holds its Markdown text and grows it while the
// action runs; VS Code's Markdown support renders it. Nothing in the text can run: scripts have a nonce, and links are
// followed here.

import { randomBytes } from "node:crypto";

import * as vscode from "vscode";

import { fileLink, partsOf } from "./action-document";
import { COMMAND, DOCUMENT_SCHEME } from "./names";

const LINKED_COMMANDS: readonly string[] = [COMMAND.changeLast, COMMAND.stopThinking, COMMAND.giveUp];

export class ActionPanel implements vscode.Disposable {
  private latest: string | undefined;
  private running = false;
  private watched: string | undefined; // the document that was shown while its action ran
  private panel: vscode.WebviewPanel | undefined;
  private newest = 0;
  private readonly listener = vscode.workspace.onDidChangeTextDocument(({ document }) => {
    if (document.uri.scheme === DOCUMENT_SCHEME && document.uri.toString() === this.latest) {
      void this.render();
    }
  });

  /**
   * `showsAll` says whether the user wants all of a finished action unfolded. `readAgain` has VS Code ask the server for
   * the text of a document again.
   */
  constructor(
    private readonly showsAll: () => boolean,
    private readonly readAgain: (uri: vscode.Uri) => void,
  ) {}

  /** An action runs or ran, and this is its document. */
  about(uri: string, running: boolean): void {
    const parsed = vscode.Uri.parse(uri).toString();
    const changed = running !== this.running || parsed !== this.latest;
    this.latest = parsed;
    this.running = running;
    if (changed && this.panel !== undefined) {
      void this.render();
    }
  }

  /**
   * Show the last action's document beside the code. The text may come seconds later: the server waits for the answer to
   * its request, and would show the same in a notification.
   */
  show(): void {
    if (this.latest === undefined) {
      void vscode.window.showInformationMessage("AutoThink: No action has run in this window yet.");
      return;
    }
    if (this.panel === undefined) {
      const where = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
      const options = { enableScripts: true, enableFindWidget: true, localResourceRoots: [] };
      const panel = vscode.window.createWebviewPanel("autothink.action", "AutoThink", where, options);
      panel.onDidDispose(() => {
        this.panel = undefined;
      });
      panel.webview.onDidReceiveMessage((message: { href?: unknown }) =>
        typeof message.href === "string" ? this.follow(message.href) : this.render(),
      );
      panel.webview.html = page(randomBytes(16).toString("hex"));
      this.panel = panel;
    } else {
      this.panel.reveal(undefined, true);
    }
    void this.render();
  }

  dispose(): void {
    this.listener.dispose();
    this.panel?.dispose();
  }

  private async render(): Promise<void> {
    const uri = this.latest;
    if (this.panel === undefined || uri === undefined) {
      return;
    }
    const number = ++this.newest;
    const known = vscode.workspace.textDocuments.some((one) => one.uri.toString() === uri);
    const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(uri));
    if (!known) {
      // A change that the server announced while VS Code made the document is lost: an action may have ended meanwhile.
      this.readAgain(document.uri);
    }
    const running = this.running;
    if (running) {
      this.watched = uri;
    }
    const { main, details } = partsOf(document.getText(), running);
    const html = await rendered(main);
    const more = details.trim() === "" ? "" : await rendered(details);
    if (number === this.newest) {
      const open = this.watched === uri || this.showsAll();
      const aside = more && `<details${open ? " open" : ""}><summary>Details</summary>${more}</details>`;
      void this.panel?.webview.postMessage({ uri, running, html: html + aside });
    }
  }

  private async follow(href: string): Promise<void> {
    const file = fileLink(href);
    const command = href.startsWith("command:") ? href.slice("command:".length) : "";
    if (file !== undefined) {
      const place = new vscode.Range(file.line, 0, file.line, 0);
      const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(file.uri));
      await vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.One, selection: place });
    } else if (LINKED_COMMANDS.includes(command)) {
      await vscode.commands.executeCommand(command);
    } else if (/^https?:/.test(href)) {
      await vscode.env.openExternal(vscode.Uri.parse(href));
    }
  }
}

async function rendered(markdown: string): Promise<string> {
  try {
    return await vscode.commands.executeCommand<string>("markdown.api.render", markdown);
  } catch {
    const text = markdown.replace(/&/g, "&amp;").replace(/</g, "&lt;");
    return `<pre>${text}</pre>`; // VS Code's Markdown support is switched off
  }
}

function page(nonce: string): string {
  return `<!DOCTYPE html>
<html><head><meta charset="UTF-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-${nonce}'">
<style>
body { line-height: 1.5; max-width: 60em; overflow-wrap: anywhere; }
h1 { font-size: 1.3em; } h2 { font-size: 1.1em; } h3 { font-size: 1em; }
h1, h2, h3 { font-weight: 600; }
a { color: var(--vscode-textLink-foreground); cursor: pointer; }
a:hover, a:focus { text-decoration: underline; }
code { font-family: var(--vscode-editor-font-family); font-size: var(--vscode-editor-font-size); }
pre { padding: 0.6em 0.8em; white-space: pre-wrap; background: var(--vscode-textCodeBlock-background); }
pre code { color: var(--vscode-editor-foreground); background: none; }
blockquote p { margin: 0.5em 0; white-space: pre-wrap; }
blockquote { margin: 0; padding: 0 1em; color: var(--vscode-descriptionForeground);
  border-left: 3px solid var(--vscode-textBlockQuote-border); }
summary { cursor: pointer; margin: 1.2em 0 0.4em; color: var(--vscode-descriptionForeground); }
</style></head><body><main id="autothink-action"></main>
<script nonce="${nonce}">
const vscode = acquireVsCodeApi();
const root = document.getElementById("autothink-action");
let shown = "";
addEventListener("message", ({ data }) => {
  const atEnd = innerHeight + scrollY >= document.body.scrollHeight - 40;
  const before = data.uri === shown ? root.querySelector("details") : null;
  root.innerHTML = data.html;
  const details = root.querySelector("details");
  if (before && details) details.open = before.open;
  for (const link of root.querySelectorAll("a[href]")) {
    link.dataset.to = link.getAttribute("href");
    link.removeAttribute("href");
    link.tabIndex = 0;
    link.setAttribute("role", "link");
  }
  if (data.running && atEnd) scrollTo(0, document.body.scrollHeight);
  if (data.uri !== shown && !data.running) scrollTo(0, 0);
  shown = data.uri;
});
const follow = (event) => {
  const link = event.target.closest("a[data-to]");
  if (link) vscode.postMessage({ href: link.dataset.to });
};
addEventListener("click", follow);
addEventListener("keydown", (event) => event.key === "Enter" && follow(event));
vscode.postMessage({});
</script></body></html>`;
}
