// Runs edit sequences through Microsoft's TextDocument and says what it has after each step.
//
// stdin:  [{text, steps: [{change: {range?, text}, rebuild, positions: [{line, character}], offsets: [number]}]}]
// stdout: for each sequence, for each step: {text, lineCount, offsets: [number], positions: [{line, character}]}
//
// `rebuild` makes a new document from the text after the step. The library needs it where an edit begins or ends on a
// line past the last: it puts the text right, but keeps line starts as if that line existed.

import { readFileSync } from "node:fs";
import { TextDocument } from "vscode-languageserver-textdocument";

const sequences = JSON.parse(readFileSync(0, "utf8"));
const results = sequences.map(({ text, steps }) => {
  let document = TextDocument.create("file:///a.py", "python", 0, text);
  return steps.map(({ change, rebuild, positions, offsets }, version) => {
    document = TextDocument.update(document, [change], version + 1);
    if (rebuild) document = TextDocument.create("file:///a.py", "python", version + 1, document.getText());
    return {
      text: document.getText(),
      lineCount: document.lineCount,
      offsets: positions.map((position) => document.offsetAt(position)),
      positions: offsets.map((offset) => document.positionAt(offset)),
    };
  });
});
process.stdout.write(JSON.stringify(results));
