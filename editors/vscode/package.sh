#!/usr/bin/env bash
# Build autothink.vsix: the bundle, and the server's wheel with the versions of what it needs. `make vsix` calls it.
set -euo pipefail
cd "$(dirname "$0")"
python="${PYTHON:-python3}"
rm -rf server dist autothink.vsix
mkdir server
"$python" -m build --wheel --no-isolation --outdir server ../.. >server/build.log 2>&1 || { cat server/build.log >&2; exit 1; }
rm server/build.log
cp ../../constraints.txt server/
npm run -s bundle -- --log-level=warning
# Pictures and links of the page are relative to this folder, which is not the repository's top.
page=https://github.com/autothink/autothink-lsp
npx vsce package --no-dependencies --out autothink.vsix \
  --baseImagesUrl "$page/raw/HEAD/editors/vscode" --baseContentUrl "$page/blob/HEAD/editors/vscode"
