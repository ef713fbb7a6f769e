// The line of a running action's notification. Pure.

import { COMMAND } from "./names";

/** One line; while the model thinks, with the link that ends it. */
export function messageOf(title: string, message: string): string {
  // VS Code makes links of [text](command:…): the model's words must not be one.
  const plain = [title, message].filter(Boolean).join(" — ").replace(/[[\]]/g, " ");
  return message.startsWith("thinking") ? `${plain} · [Answer Now](command:${COMMAND.stopThinking})` : plain;
}
