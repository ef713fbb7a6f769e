// Builds everything once and hands it down. Decides nothing.

import * as path from "node:path";

import * as vscode from "vscode";
import {
  ExecuteCommandRequest,
  type MessageActionItem,
  MessageType,
  ShowMessageNotification,
  ShowMessageRequest,
  type ShowMessageRequestParams,
  TextDocumentContentRequest,
} from "vscode-languageclient/node";

import { ActionPanel } from "./action-panel";
import { ActionProgress } from "./action-progress";
import { Actions } from "./actions";
import { ApplyGuard } from "./apply-guard";
import { DOCUMENT_SELECTOR, ServerClient } from "./client";
import { copiedText, countCopies } from "./clipboard";
import { CodeLenses } from "./code-lens";
import { type DefinitionsParams, definitionsFor } from "./definitions";
import { DiagnosticReports } from "./diagnostics";
import { EditPreviews } from "./edit-previews";
import { FeedbackReport } from "./feedback/report";
import { languageServers } from "./language-servers";
import { type CursorPlace, type LateAnswer, LateAnswers } from "./late-answers";
import { Life } from "./life";
import { pickPause, pickThinkMode, showMenu } from "./menu";
import { middleware, sectionFor } from "./middleware";
import { pickModel } from "./model-picker";
import { CLIENT_SETTING, COMMAND, CONTEXT, DOCUMENT_SCHEME, MESSAGE, SECTION, SERVER_COMMAND } from "./names";
import { NextEdits } from "./next-edits";
import { Pauses, type Place } from "./pause";
import { type RenameParams, renameEdit } from "./rename";
import { Reports } from "./reports";
import { ApiKeys } from "./secrets";
import { shownOf } from "./server-messages";
import { environmentFor, serverSettings } from "./settings";
import type { ServerStatus } from "./status/model";
import { StatusView } from "./status/view";
import { isWalkthrough, Walkthrough } from "./walkthrough";

const OUTCOME_MS = 6_000;

let stop: (() => Promise<void>) | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const log = vscode.window.createOutputChannel("AutoThink", { log: true });
  const status = new StatusView();
  const pauses = new Pauses(context.globalState, context.workspaceState);
  const walkthrough = new Walkthrough(
    context.globalState,
    () =>
      vscode.window.tabGroups.all.some((group) => group.tabs.some((tab) => isWalkthrough(tab, vscode.env.language))),
    (key) => setContext(key, true),
  );
  const keys = new ApiKeys(context, () => void life.start());
  const panel = new ActionPanel(
    () => sectionFor(parts, undefined).assist?.show_thinking === "full",
    (uri) => {
      const documents = client.current?.getFeature(TextDocumentContentRequest.method);
      for (const provider of documents?.getProviders() ?? []) {
        provider.onDidChangeEmitter.fire(uri);
      }
    },
  );
  const previews = new EditPreviews(() => panel.show());
  const lenses = new CodeLenses();
  const feedback = new FeedbackReport((event) => {
    void client.current?.sendNotification(MESSAGE.feedback, event);
    if (event.event === "shown") {
      status.update({ shown: status.current.shown + 1 });
    } else if (event.event === "accepted" || event.event === "partly") {
      walkthrough.reach(CONTEXT.suggestionAccepted);
    }
  });
  const progress = new ActionProgress(
    (token) => void client.current?.sendNotification("window/workDoneProgress/cancel", { token }),
    (downloading) => {
      status.update({ downloading });
      setContext(CONTEXT.downloading, downloading);
    },
  );
  const late = new LateAnswers(
    cursorPlace,
    () => feedback.isShown,
    () => void vscode.commands.executeCommand("editor.action.inlineSuggest.trigger"),
  );
  const settings = serverSettings(context.extension.packageJSON);
  const guard = new ApplyGuard();
  const diagnostics = new DiagnosticReports(() => client.current);
  const parts = {
    status,
    pauses,
    feedback,
    progress,
    panel,
    previews,
    late,
    guard,
    settings,
    keyOrigins: () => keys.handed,
    settingsSent: () => void lookAtDocument(),
  };
  const environment = async () => {
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
    return { ...(await keys.environment()), ...environmentFor(sectionFor(parts, folder)) };
  };
  const reports = new Reports(environment, context.globalStorageUri);
  const events = {
    running: () => {
      status.update({ life: { kind: "running" } });
      setContext(CONTEXT.ready, true);
      walkthrough.reach(CONTEXT.serverInstalled);
      tellLanguageServers();
      diagnostics.started();
      late.started(suggestsByItself());
      void lookAtDocument();
    },
    stopped: (again: boolean) => {
      progress.closeAll();
      previews.answer(false);
      nextEdits.clear();
      diagnostics.stopped();
      status.stopped();
      if (again) {
        status.update({ life: { kind: "starting" } });
      }
      setContext(CONTEXT.ready, false);
    },
    failed: (why: string) => void life.tellFailure(why),
  };
  const client = new ServerClient(log, context.globalStorageUri.fsPath, middleware(parts), events, (made) => {
    made.onNotification(MESSAGE.status, (serverStatus: ServerStatus) => {
      if (serverStatus.state === "watched") {
        vscode.window.setStatusBarMessage(`$(check) AutoThink: ${serverStatus.reason}`, OUTCOME_MS);
        return;
      }
      if (serverStatus.document !== undefined) {
        panel.about(serverStatus.document, serverStatus.state === "thinking" || serverStatus.state === "assisting");
      }
      status.heard(serverStatus);
      if (serverStatus.state === "ready") {
        walkthrough.reach(CONTEXT.modelReady);
      } else if (serverStatus.state === "assisted") {
        walkthrough.reach(CONTEXT.actionDone);
      }
    });
    made.onNotification(MESSAGE.lateAnswer, (answer: LateAnswer) => {
      late.came({ ...answer, uri: vscode.Uri.parse(answer.uri).toString() });
    });
    // In place of the library's own handlers, which know the server's buttons only.
    made.onNotification(ShowMessageNotification.type, (message) => void showServerMessage(message));
    made.onRequest(ShowMessageRequest.type, (question) => showServerMessage(question));
    made.onRequest(MESSAGE.definitions, (params: DefinitionsParams) => definitionsFor(params));
    made.onRequest(MESSAGE.clipboard, () => copiedText());
    made.onRequest(MESSAGE.rename, (params: RenameParams) => renameEdit(params));
    made.onNotification(MESSAGE.watchDiagnostics, (params) => diagnostics.watch(params));
  });
  const life = new Life(context, client, status, keys, log);
  const nextEdits = new NextEdits(
    () => client.current,
    (document) =>
      pauses.words({ uri: document.uri.toString(), language: document.languageId }) !== "" ||
      sectionFor(parts, document.uri).next_edit?.enabled === false,
    () => feedback.isShown,
    vscode.Uri.joinPath(context.extensionUri, "media", "next-edit.svg"),
  );
  const actions = new Actions(() => client.current, guard);

  const tellLanguageServers = () => {
    const storage = path.dirname(context.globalStorageUri.fsPath);
    const found = languageServers((id) => vscode.extensions.getExtension(id)?.extensionPath, storage);
    void client.current?.sendNotification(MESSAGE.languageServers, found);
  };

  const place = (): Place | undefined => {
    const document = vscode.window.activeTextEditor?.document;
    const isCode = document !== undefined && document.uri.scheme !== DOCUMENT_SCHEME;
    return isCode ? { uri: document.uri.toString(), language: document.languageId } : undefined;
  };
  const lookAtDocument = async () => {
    const at = place();
    const off = at === undefined ? "" : pauses.words(at) || (await reasonFor(at));
    if (place()?.uri === at?.uri) {
      status.update({ off });
    }
  };
  /** Now, and when a pause of some minutes has ended. */
  const lookAfterPause = async () => {
    await lookAtDocument();
    if (pauses.minutesLeft > 0) {
      setTimeout(lookAtDocument, pauses.minutesLeft * 60_000);
    }
  };
  const reasonFor = async (at: Place): Promise<string> => {
    const answer = await client.current
      ?.sendRequest<{ reason?: string }>(MESSAGE.documentStatus, { uri: at.uri })
      .catch(() => undefined);
    // A document that is none of ours (output, settings) is not "off".
    return answer?.reason === undefined || answer.reason === "not open" ? "" : answer.reason;
  };
  const server = (command: string) =>
    client.current?.sendRequest(ExecuteCommandRequest.type, { command, arguments: [] });

  const commands: Record<string, (...args: never[]) => unknown> = {
    [COMMAND.menu]: () => showMenu(status.current, pauses, place()).then(lookAfterPause),
    [COMMAND.thinkMode]: async () => {
      await pickThinkMode(settings);
      walkthrough.reach(CONTEXT.thinkModeSeen); // a step that is ticked takes the focus, and would close the pick
    },
    [COMMAND.chooseModel]: () => pickModel(client.current, life.place, environment, settings),
    [COMMAND.pause]: () => pickPause(pauses, place()).then(lookAfterPause),
    [COMMAND.trigger]: () => {
      const at = place();
      const paused = at === undefined ? "" : pauses.words(at);
      if (paused) {
        void vscode.window.showInformationMessage(`AutoThink: Suggestions are ${paused}.`);
      }
      return vscode.commands.executeCommand("editor.action.inlineSuggest.trigger");
    },
    [COMMAND.dismiss]: () => {
      feedback.dismiss();
      late.dismiss();
      return vscode.commands.executeCommand("editor.action.inlineSuggest.hide");
    },
    [COMMAND.fixHere]: () => actions.fixHere(),
    [COMMAND.explain]: (at?: unknown) => actions.explain(at instanceof vscode.Range ? at : undefined),
    [COMMAND.refactor]: () => actions.refactor(),
    [COMMAND.change]: () => actions.changeAsAsked(),
    [COMMAND.changeLast]: () => actions.changeLastEdit(),
    [COMMAND.stopThinking]: () => server(SERVER_COMMAND.answerNow),
    [COMMAND.giveUp]: () => server(SERVER_COMMAND.cancel),
    [COMMAND.cancelDownload]: () => progress.cancelDownload(),
    [COMMAND.showLast]: () => panel.show(),
    [COMMAND.applyPreview]: () => previews.decide(true),
    [COMMAND.discardPreview]: () => previews.decide(false),
    [COMMAND.acceptNextEdit]: () => nextEdits.accept(),
    [COMMAND.dismissNextEdit]: () => nextEdits.dismiss(),
    [COMMAND.restart]: () => life.start(),
    [COMMAND.showLog]: () => log.show(),
    // From a folder that is not trusted nothing is sent to another machine, not even a question.
    [COMMAND.doctor]: () => reports.show(life.place, ["doctor", ...(vscode.workspace.isTrusted ? [] : ["--offline"])]),
    [COMMAND.statistics]: () => reports.show(life.place, ["stats"]),
    [COMMAND.setApiKey]: () => keys.ask(),
    [COMMAND.removeApiKey]: () => keys.remove(),
    [COMMAND.installServer]: () => life.installAndStart(),
  };

  context.subscriptions.push(
    vscode.workspace.onDidOpenTextDocument((document) => guard.opened(document.uri.toString())),
    countCopies(),
    log,
    status,
    panel,
    previews,
    nextEdits,
    reports,
    feedback,
    progress,
    diagnostics,
    keys,
    vscode.languages.registerCodeLensProvider({ scheme: "file" }, lenses),
    ...Object.entries(commands).map(([name, run]) => vscode.commands.registerCommand(name, run)),
    vscode.workspace.onDidChangeTextDocument(({ document, contentChanges, reason }) => {
      const isServed = vscode.languages.match(DOCUMENT_SELECTOR, document) > 0;
      const isActive = document === vscode.window.activeTextEditor?.document;
      if (isServed && isActive && contentChanges.length > 0 && reason === undefined) {
        late.typed({ uri: document.uri.toString(), version: document.version });
      }
    }),
    vscode.window.onDidChangeTextEditorSelection(() => late.moved()),
    vscode.window.onDidChangeActiveTextEditor(lookAtDocument),
    vscode.window.tabGroups.onDidChangeTabs(() => walkthrough.tabsChanged()),
    vscode.workspace.onDidGrantWorkspaceTrust(() => life.start()),
    vscode.workspace.onDidChangeConfiguration((event) => {
      const touched = (name: string) => event.affectsConfiguration(`${SECTION}.${name}`);
      if (event.affectsConfiguration(SECTION)) {
        status.settingsChanged();
        lenses.settingsChanged();
      }
      if (touched(CLIENT_SETTING.command) || touched(CLIENT_SETTING.python)) {
        void life.start();
      }
    }),
  );
  stop = () => client.stop();
  // Not awaited: an installation may ask the user, and VS Code waits for activation.
  void life.start();
}

export async function deactivate(): Promise<void> {
  await stop?.();
}

/** Show a message of the server. Returns the one of its own answers that the user has chosen. */
async function showServerMessage(params: ShowMessageRequestParams): Promise<MessageActionItem | null> {
  const { type, message, actions = [] } = params;
  const { text, button } = shownOf(message);
  const show =
    type === MessageType.Error
      ? vscode.window.showErrorMessage
      : type === MessageType.Warning
        ? vscode.window.showWarningMessage
        : vscode.window.showInformationMessage;
  const own: MessageActionItem[] = button === undefined ? [] : [{ title: button.title }];
  const chosen = await show(text, ...own, ...actions);
  if (button !== undefined && chosen !== undefined && chosen === own[0]) {
    await vscode.commands.executeCommand(button.command, button.argument);
    return null;
  }
  return chosen ?? null;
}

function setContext(key: string, value: boolean): void {
  void vscode.commands.executeCommand("setContext", key, value);
}

/** Whether VS Code asks for suggestions at keys in the active editor. A request by a command is answered in any case. */
function suggestsByItself(): boolean {
  const document = vscode.window.activeTextEditor?.document;
  return vscode.workspace.getConfiguration("editor", document).get("inlineSuggest.enabled", true);
}

/** Where suggestions appear: the cursor, where there is one and nothing is selected. */
function cursorPlace(): CursorPlace | undefined {
  const editor = vscode.window.activeTextEditor;
  const [selection, ...others] = editor?.selections ?? [];
  if (editor === undefined || selection === undefined || others.length > 0 || !selection.isEmpty) {
    return undefined;
  }
  const { document } = editor;
  const { line, character } = selection.active;
  return { uri: document.uri.toString(), version: document.version, line, character };
}
