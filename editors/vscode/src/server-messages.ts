// A message of the server as VS Code shows it: a button for what it advises, where this extension has a command for
// that. Advice for a shell is of no use here, since the server's program need not be on the PATH. Pure.

import { COMMAND } from "./names";

export interface Button {
  readonly title: string;
  readonly command: string;
  readonly argument?: string;
}

export interface Shown {
  readonly text: string;
  readonly button?: Button;
}

interface Rule {
  readonly about: RegExp;
  readonly instead?: string; // replaces what was found
  readonly button: Button;
}

const CHOOSE_MODEL: Button = { title: "Choose Model", command: COMMAND.chooseModel };
const PULL = "`autothink-lsp model pull [^`]*`";

const RULES: readonly Rule[] = [
  { about: new RegExp(` Run ${PULL}(, or set [\\w.]+ to a GGUF file)?\\.`), instead: "", button: CHOOSE_MODEL },
  {
    about: new RegExp(` Restart the server to be asked again, or run ${PULL}\\. It continues where it ended\\.`),
    instead: " The next download continues where this one ended.",
    button: CHOOSE_MODEL,
  },
  { about: new RegExp(` ${PULL} downloads it( again)?\\.`), instead: "", button: CHOOSE_MODEL },
  { about: /^AutoThink: (There is no|The) API key\b/, button: { title: "Set API Key", command: COMMAND.setApiKey } },
  {
    about: /^AutoThink: ((Unknown s|S)etting "|[\w.]+ \(the editor's settings\) )/,
    button: {
      title: "Open Settings",
      command: "workbench.action.openSettings",
      argument: "@ext:autothink.autothink",
    },
  },
  { about: /\b[Ss]ee (the|its|the server's) log\.$/, button: { title: "Show Log", command: COMMAND.showLog } },
];

/** What is shown of a message of the server. */
export function shownOf(text: string): Shown {
  const rule = RULES.find((one) => one.about.test(text));
  if (rule === undefined) {
    return { text };
  }
  return { text: rule.instead === undefined ? text : text.replace(rule.about, rule.instead), button: rule.button };
}
