// Code lenses above functions and classes, for those who switch them on (`autothink.codeLens.enabled`).

import * as vscode from "vscode";

import { CLIENT_SETTING, COMMAND, SECTION } from "./names";

const KINDS = new Set([vscode.SymbolKind.Function, vscode.SymbolKind.Method, vscode.SymbolKind.Class]);

export class CodeLenses implements vscode.CodeLensProvider {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeCodeLenses = this.changed.event;

  settingsChanged(): void {
    this.changed.fire();
  }

  async provideCodeLenses(document: vscode.TextDocument): Promise<vscode.CodeLens[]> {
    if (!vscode.workspace.getConfiguration(SECTION, document).get<boolean>(CLIENT_SETTING.codeLens, false)) {
      return [];
    }
    const symbols = await vscode.commands.executeCommand<vscode.DocumentSymbol[]>(
      "vscode.executeDocumentSymbolProvider",
      document.uri,
    );
    return flat(symbols ?? [])
      .filter((symbol) => KINDS.has(symbol.kind))
      .map((symbol) => {
        const place = symbol.selectionRange ?? symbol.range;
        return new vscode.CodeLens(place, {
          title: "AutoThink: explain",
          command: COMMAND.explain,
          arguments: [place],
        });
      });
  }
}

function flat(symbols: readonly vscode.DocumentSymbol[]): vscode.DocumentSymbol[] {
  return symbols.flatMap((symbol) => [symbol, ...flat(symbol.children ?? [])]);
}
