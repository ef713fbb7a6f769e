// From "no server" to "running": finds it, offers to install it, starts it, and says what went wrong with a way out.

import * as vscode from "vscode";

import type { ServerClient } from "./client";
import { COMMAND } from "./names";
import type { ApiKeys } from "./secrets";
import { type Choice, type Place, wrongSetting } from "./server/choose";
import {
  type Bundle,
  bundled,
  type Environment,
  environmentsIn,
  markUsed,
  pythonIn,
  removeUnused,
} from "./server/environments";
import { InstallFailed, install } from "./server/install";
import { locate, selectedPython } from "./server/locate";
import type { StatusView } from "./status/view";

const INSTALL = "Install";
const NEVER = "Don't Ask Again";
const ASKED = "autothink.installDeclined";
const SET_PATH = "Open Settings";
const SHOW_LOG = "Show Log";
const RESTART = "Restart";

export class Life {
  private bundle: Bundle | undefined;
  private place_: Place | undefined;
  private own: Environment | undefined; // where the server runs in an environment of the extension's
  private readonly storage: string;
  private running: Promise<void> = Promise.resolve();
  private waiting = false;

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly client: ServerClient,
    private readonly status: StatusView,
    private readonly keys: ApiKeys,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.storage = context.globalStorageUri.fsPath;
  }

  /** Where the server was found. */
  get place(): Place | undefined {
    return this.place_;
  }

  /** Find and start the server, whatever ran before. One at a time. */
  start(): Promise<void> {
    // A caller that waits for a start already gets this one, too: it reads the settings when its turn comes.
    if (!this.waiting) {
      this.waiting = true;
      this.running = this.running
        .then(() => {
          this.waiting = false;
          return this.begin();
        })
        .catch((error) => this.broke(error));
    }
    return this.running;
  }

  /** Make the extension's own environment anew, which the user has asked for, then start. */
  installAndStart(): Promise<void> {
    this.running = this.running
      .then(async () => {
        await this.context.globalState.update(ASKED, undefined);
        // What runs goes on until the new one is there, and stays where that fails.
        if (await this.installNow()) {
          await this.begin();
        }
      })
      .catch((error) => this.broke(error));
    return this.running;
  }

  /** The server ended too often, or did not answer at all. */
  async tellFailure(why: string): Promise<void> {
    this.status.stopped();
    this.status.update({ life: { kind: "failed", why } });
    const answer = await vscode.window.showErrorMessage(`AutoThink: ${why}`, RESTART, SHOW_LOG, SET_PATH);
    if (answer === RESTART) {
      await this.start();
    }
    await this.follow(answer);
  }

  private async begin(): Promise<void> {
    this.status.update({ life: { kind: "starting" } });
    await vscode.workspace.fs.createDirectory(this.context.globalStorageUri);
    const choice = await this.found();
    if (choice.kind !== "found") {
      await this.client.stop();
      this.place_ = undefined;
      // The answer to a message is not awaited: a changed setting must be able to start the server meanwhile.
      void this.tellNotFound(choice);
      return;
    }
    this.place_ = choice.place;
    if (choice.note) {
      this.log.warn(choice.note);
    }
    await this.look();
    this.status.update({ server: `${choice.version} (${choice.place.source})` });
    await this.client.start(choice.place, await this.keys.environment());
  }

  /** Where the server is; in the extension's own environment it is renewed where the extension was. */
  private async found(): Promise<Choice> {
    this.bundle ??= await bundled(this.context.extensionPath);
    const version = (this.context.extension.packageJSON as { version: string }).version;
    const [newest, ...older] = await environmentsIn(this.storage);
    const current = [newest, ...older].find((one) => one !== undefined && one.key === this.bundle?.key);
    const own = current ?? newest;
    const choice = await locate(own && pythonIn(own), version, this.storage);
    const isOwn = own !== undefined && choice.kind === "found" && choice.place.command[0] === pythonIn(own);
    if (!isOwn || current !== undefined || this.bundle === undefined) {
      this.own = isOwn ? own : undefined;
      return choice;
    }
    // Installed with consent once: it goes along with the extension. Where that fails the old one still works.
    const renewed = await this.installNow();
    this.own = renewed ?? own;
    return renewed === undefined ? choice : locate(pythonIn(renewed), version, this.storage);
  }

  /** Keep the environment that is used, and remove what no window has used for long. */
  private async look(): Promise<void> {
    if (this.own !== undefined) {
      await markUsed(this.own);
      await removeUnused(this.storage, this.own, Date.now());
    }
  }

  /** An unexpected error: shown, so that the status bar does not say "starting" for ever. */
  private broke(error: unknown): void {
    this.log.error(`starting failed: ${error}`);
    void this.tellFailure(
      `The language server could not be started: ${error instanceof Error ? error.message : error}`,
    );
  }

  private async tellNotFound(choice: Choice): Promise<void> {
    if (choice.kind === "wrong setting") {
      const why = wrongSetting(choice.place, choice.problem);
      this.log.error(why);
      this.status.update({ life: { kind: "failed", why } });
      await this.follow(await vscode.window.showErrorMessage(why, SET_PATH, SHOW_LOG));
      return;
    }
    this.status.update({ life: { kind: "missing" } });
    for (const note of choice.kind === "missing" ? choice.notes : []) {
      this.log.warn(note);
    }
    if (this.context.globalState.get(ASKED, false)) {
      return;
    }
    const words =
      "AutoThink needs its language server. Install it now? " +
      "(Python packages from PyPI, about 230 MB, in a separate environment.)";
    await this.follow(await vscode.window.showInformationMessage(words, INSTALL, SET_PATH, NEVER));
  }

  private async follow(answer: string | undefined): Promise<void> {
    if (answer === INSTALL) {
      await this.installAndStart();
    } else if (answer === SET_PATH) {
      await vscode.commands.executeCommand("workbench.action.openSettings", "autothink.server");
    } else if (answer === SHOW_LOG) {
      await vscode.commands.executeCommand(COMMAND.showLog);
    } else if (answer === NEVER) {
      await this.context.globalState.update(ASKED, true);
    }
  }

  private async installNow(): Promise<Environment | undefined> {
    this.bundle ??= await bundled(this.context.extensionPath);
    const bundle = this.bundle;
    if (bundle === undefined) {
      void vscode.window.showErrorMessage(
        "AutoThink: This build of the extension does not contain the language server. Install the .vsix.",
      );
      return undefined;
    }
    const options = { location: vscode.ProgressLocation.Notification, title: "AutoThink", cancellable: true };
    return vscode.window.withProgress(options, async (progress, cancellation) => {
      const aborting = new AbortController();
      cancellation.onCancellationRequested(() => aborting.abort());
      const say = (step: string) => {
        progress.report({ message: step });
        this.status.update({ life: { kind: "installing", step } });
      };
      const log = (text: string) => this.log.info(text.trimEnd());
      const selected = await selectedPython();
      const preferred = selected === undefined ? [] : [selected];
      try {
        return await install(this.storage, bundle, { say, log, signal: aborting.signal, preferred });
      } catch (error) {
        this.tellInstallFailed(error, aborting.signal.aborted);
        return undefined;
      }
    });
  }

  private tellInstallFailed(error: unknown, cancelled: boolean): void {
    if (cancelled || this.client.current !== undefined) {
      this.status.update({ life: { kind: this.client.current === undefined ? "missing" : "running" } });
    }
    if (cancelled) {
      return;
    }
    const failed = error instanceof InstallFailed ? error : new InstallFailed(`AutoThink: ${error}`, "");
    this.log.error(`${failed.message} ${failed.detail}`);
    if (this.client.current === undefined) {
      this.status.update({ life: { kind: "failed", why: `${failed.message} ${failed.detail}` } });
    }
    void vscode.window
      .showErrorMessage(`${failed.message} ${failed.detail}`, SHOW_LOG, SET_PATH)
      .then((answer) => this.follow(answer));
  }
}
