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

// The server names its tokens so. Those of its actions can be cancelled; what a model being loaded does is in the status
// bar already.
const OURS = /^autothink-[0-9a-f]+$/;
// A fix that is there at once needs no notification.
const DELAY_MS = 400;

export class ActionProgress implements vscode.Disposable {
  private readonly shown = new Map<string, Shown>();

  /** `cancel` tells the server that the user has clicked Cancel for this token. */
  constructor(private readonly cancel: (token: string) => void) {}

  /** Whether the progress is an action's, and is dealt with. */
  handle(token: string, value: Report): boolean {
    if (!OURS.test(token)) {
      return false;
    }
    if (value.kind === "begin") {
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
  }

  dispose(): void {
    this.closeAll();
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
