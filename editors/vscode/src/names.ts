// Names that the extension and the language server share, and those of package.json. A test compares them.

export const SECTION = "autothink";

/** Commands of the language server (`workspace/executeCommand`). */
export const SERVER_COMMAND = {
  accepted: "autothink.accepted",
  action: "autothink.action",
  answerNow: "autothink.answerNow",
  cancel: "autothink.cancel",
  followUp: "autothink.followUp",
  moreActions: "autothink.moreActions",
} as const;

/** Messages beside LSP. */
export const MESSAGE = {
  status: "autothink/status",
  models: "autothink/models",
  feedback: "autothink/feedback",
  documentStatus: "autothink/documentStatus",
  watchDiagnostics: "autothink/watchDiagnostics",
  diagnostics: "autothink/diagnostics",
  definitions: "autothink/definitions",
  clipboard: "autothink/clipboard",
  rename: "autothink/rename",
  lateAnswer: "autothink/lateAnswer",
  dismissedNextEdit: "autothink/didDismissNextEdit",
  // Those of the Copilot language server.
  nextEdit: "textDocument/copilotInlineEdit",
  shownNextEdit: "textDocument/didShowInlineEdit",
  languageServers: "autothink/languageServers",
} as const;

/** Commands of this extension. */
export const COMMAND = {
  menu: "autothink.menu",
  thinkMode: "autothink.thinkMode",
  pause: "autothink.pause",
  chooseModel: "autothink.chooseModel",
  trigger: "autothink.triggerSuggestion",
  dismiss: "autothink.dismissSuggestion",
  fixHere: "autothink.fixHere",
  explain: "autothink.explain",
  refactor: "autothink.refactor",
  change: "autothink.changeAsAsked",
  changeLast: "autothink.changeLastEdit",
  stopThinking: "autothink.stopThinking",
  giveUp: "autothink.giveUp",
  cancelDownload: "autothink.cancelDownload",
  showLast: "autothink.showLastAction",
  applyPreview: "autothink.applyPreview",
  discardPreview: "autothink.discardPreview",
  acceptNextEdit: "autothink.acceptNextEdit",
  dismissNextEdit: "autothink.dismissNextEdit",
  restart: "autothink.restart",
  showLog: "autothink.showLog",
  doctor: "autothink.doctor",
  statistics: "autothink.statistics",
  setApiKey: "autothink.setApiKey",
  removeApiKey: "autothink.removeApiKey",
  installServer: "autothink.installServer",
} as const;

/** Settings that this extension reads itself; all others are the server's. */
export const CLIENT_SETTING = {
  command: "server.command",
  python: "server.python",
  codeLens: "codeLens.enabled",
} as const;

/** Context keys for keybindings and menus. */
export const CONTEXT = {
  ready: "autothink.ready",
  acting: "autothink.acting",
  downloading: "autothink.downloading",
  previewing: "autothink.previewing",
  serverInstalled: "autothink.serverInstalled",
  nextEdit: "autothink.nextEditVisible",
  nextEditTab: "autothink.nextEditTab",
  modelReady: "autothink.modelReady",
  // Of the walkthrough's steps.
  suggestionAccepted: "autothink.suggestionAccepted",
  actionDone: "autothink.actionDone",
  thinkModeSeen: "autothink.thinkModeSeen",
} as const;

export const DOCUMENT_SCHEME = "autothink";
/** Of the right side of a preview. */
export const PREVIEW_SCHEME = "autothink-preview";
