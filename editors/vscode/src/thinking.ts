// The document of an action: served and grown by the server, shown beside the code, its thinking folded.
//
// Folding goes through VS Code's own first folding of import ranges: the fold command works in the active editor only,
// and taking the focus from somebody who types is worse than an open fold.

import * as vscode from "vscode";

import { DOCUMENT_SCHEME, SECTION } from "./names";
import { type Fold, foldsOf } from "./thinking-folds";

export class ThinkingView implements vscode.Disposable, vscode.FoldingRangeProvider {
  private latest: string | undefined;
  private readonly registration = vscode.languages.registerFoldingRangeProvider({ scheme: DOCUMENT_SCHEME }, this);

  provideFoldingRanges(document: vscode.TextDocument): vscode.FoldingRange[] {
    const whole = vscode.workspace.getConfiguration(SECTION).get<string>("assist.show_thinking") === "full";
    return foldsOf(document.getText()).map((fold: Fold) => {
      const kind = fold.aside && !whole ? vscode.FoldingRangeKind.Imports : vscode.FoldingRangeKind.Region;
      return new vscode.FoldingRange(fold.first, fold.last, kind);
    });
  }

  /** An action runs or ran, and this is its document. */
  about(uri: string | undefined): void {
    this.latest = uri ?? this.latest;
  }

  /** Show the last action's document beside the code. */
  async show(): Promise<void> {
    if (this.latest === undefined) {
      void vscode.window.showInformationMessage("AutoThink: there was no action in this window yet.");
      return;
    }
    const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(this.latest));
    await vscode.window.showTextDocument(document, {
      viewColumn: vscode.ViewColumn.Beside,
      preview: true,
      preserveFocus: true,
    });
  }

  dispose(): void {
    this.registration.dispose();
  }
}
