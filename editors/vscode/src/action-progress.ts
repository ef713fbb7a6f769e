// The notification of a running action: what it does, Cancel, and "Answer Now" while the model thinks.

import * as vscode from "vscode";
import type { WorkDoneProgressBegin, WorkDoneProgressEnd, WorkDoneProgressReport } from "vscode-languageclient/node";

import { messageOf } from "./action-message";

type Report = WorkDoneProgressBegin | WorkDoneProgressReport | WorkDoneProgressEnd;

interface Shown {
  readonly report: (message: string) => void;
  readonly close: () => void;
  readonly title: string;
}

// The server names its tokens so. Those of its actions can be cancelled here; what is loaded or downloaded is in the
// status bar, and a download is cancelled from its menu.
const OURS = /^autothink-(download-)?[0-9a-f]+$/;
// A fix that is there at once needs no notification.
const DELAY_MS = 400;

export class ActionProgress implements vscode.Disposable {
  private readonly shown = new Map<string, Shown>();

  private download: string | undefined;

  /**
   * `cancel` tells the server that the user has cancelled what this token stands for; `downloads` is called when the
   * download of a model begins and ends.
   */
  constructor(
    private readonly cancel: (token: string) => void,
    private readonly downloads: (isRunning: boolean) => void,
  ) {}

  /** Cancel the download of a model that runs, if one does. */
  cancelDownload(): void {
    if (this.download !== undefined) {
      this.cancel(this.download);
    }
  }

  /** Whether the progress is an action's, and is dealt with. */
  handle(token: string, value: Report): boolean {
    const [name, isDownload] = OURS.exec(token) ?? [];
    if (name === undefined) {
      return false;
    }
    if (isDownload !== undefined) {
      this.setDownload(value.kind === "end" ? undefined : token);
    } else if (value.kind === "begin") {
      if (value.cancellable) {
        this.begin(token, value.message ?? "");
      }
    } else if (value.kind === "report") {
      this.shown.get(token)?.report(value.message ?? "");
    } else {
      this.shown.get(token)?.close();
      this.shown.delete(token);
    }
    return true;
  }

  /** The server is gone, and its actions with it. */
  closeAll(): void {
    for (const one of this.shown.values()) {
      one.close();
    }
    this.shown.clear();
    this.setDownload(undefined);
  }

  dispose(): void {
    this.closeAll();
  }

  private setDownload(token: string | undefined): void {
    if (token !== this.download) {
      this.download = token;
      this.downloads(token !== undefined);
    }
  }

  private begin(token: string, title: string): void {
    let last = "";
    let show: (message: string) => void = (message) => {
      last = message;
    };
    let close = () => {};
    let closed = false;
    const finished = new Promise<void>((resolve) => {
      close = resolve;
    });
    const timer = setTimeout(() => {
      const options = { location: vscode.ProgressLocation.Notification, cancellable: true, title: "AutoThink" };
      void vscode.window.withProgress(options, (progress, cancellation) => {
        cancellation.onCancellationRequested(() => this.cancel(token));
        show = (message) => progress.report({ message: messageOf(title, message) });
        show(last);
        return finished;
      });
    }, DELAY_MS);
    this.shown.set(token, {
      title,
      report: (message) => !closed && show(message),
      close: () => {
        closed = true;
        clearTimeout(timer);
        close();
      },
    });
  }
}
