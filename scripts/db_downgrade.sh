#!/usr/bin/env bash
# Runs all down migrations, which drops every table: asks on a terminal, needs --yes without one.
# Other arguments are passed on to "voicesurvey-db down"; --steps or --to there roll back less.
set -euo pipefail

agreed=false
far=(--to 0)
arguments=()
for argument in "$@"; do
  case "$argument" in
    --yes) agreed=true ;;
    --to | --to=* | --steps | --steps=*) far=() && arguments+=("$argument") ;;
    --help | -h) agreed=true && arguments+=("$argument") ;;
    *) arguments+=("$argument") ;;
  esac
done

if [[ $agreed == false ]]; then
  if [[ ! -t 0 ]]; then
    echo "error: this drops tables and the rows in them, and there is no terminal to ask on." >&2
    echo "Say --yes if that is meant." >&2
    exit 4
  fi
  read -r -p "Roll back migrations? This drops tables and the rows in them. [y/N] " answer
  [[ $answer == [yY] || $answer == [yY][eE][sS] ]] || { echo "Nothing was done." >&2 && exit 4; }
fi

exec "$(dirname "${BASH_SOURCE[0]}")/../bin/voicesurvey-db" down ${far[@]+"${far[@]}"} ${arguments[@]+"${arguments[@]}"}
