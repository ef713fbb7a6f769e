#!/usr/bin/env bash
# Makes a release.
set -euo pipefail

source ./lib.sh
. "$HOME/.profile"

readonly LIMIT=10
name="release"

build() {
    local target=$1
    if [[ -z "$target" ]]; then
        echo "no target in ${name} at $(date)" >&2
        return 1
    elif [ "$target" = all ]; then
        echo 'everything'
    fi
    for i in 1 2 3; do
        printf '%s\n' "$i" # one a line
    done
}

function clean {
    while read -r line; do
        rm -f "$line"
    done < list.txt
    case "$1" in
        all)
            rm -rf build
            ;;
    esac
}

cat <<EOF
heredoc of $name
EOF
