#!/bin/sh
# Runs all down migrations, which drops every table: asks on a terminal, needs --yes without one.
# The rows are written to a folder voicesurvey-lost in the current one first.
# Other arguments are passed on to "voicesurvey-db down"; --steps or --to there roll back less, and then what is to be
# lost must be named there, by --lose.
set -eu
program=$(dirname -- "$0")/../bin/voicesurvey-db

agreed=no
embedded=
far='--to 0'
# Who agrees that every table goes agrees to each of these.
named='--lose users --lose email_templates --lose campaigns --lose contacts --lose exclusion_list_entries
  --lose call_attempts --lose survey_responses --lose events --lose email_notifications --lose provider_configs
  --lose transcript_snippets --lose voicesurvey_rules.erased_last_calls
  --lose voicesurvey_rules.erased_answers'
what='every migration'
left=$#
while [ "$left" -gt 0 ]; do
  argument=$1
  shift
  left=$((left - 1))
  case $argument in
    --yes) agreed=yes && continue ;;
    --help | -h) echo 'db_downgrade.sh [--yes] and the options of:' && exec "$program" down --help ;;
    --dry-run) agreed=yes ;;
    --to | --to=* | --steps | --steps=*) far= named= what=migrations ;;
    --dir | --dir=*) named= ;;
    --embedded) embedded=$argument ;;
  esac
  set -- "$@" "$argument"
done

if [ "$agreed" = no ]; then
  if [ ! -t 0 ]; then
    echo 'error: This drops tables and the rows in them, and there is no terminal to ask on.' >&2
    echo 'Say --yes if it is meant.' >&2
    exit 4
  fi
  # With what is wrong about the address, if something is; and never with a password.
  address=$("$program" url $embedded)
  address=$(printf '%s' "$address" | sed 's|^\([^:]*://[^:@/]*\):[^@]*@|\1@|')
  printf '%s\nRoll back %s? This drops tables and the rows in them,\nwhich are written to files in %s first. [y/N] ' "$address" "$what" "$PWD/voicesurvey-lost" >&2
  read -r answer || answer=
  case $answer in
    [yY] | [yY][eE][sS]) ;;
    *) echo 'Nothing was done.' >&2 && exit 4 ;;
  esac
fi

exec "$program" down $far $named "$@"
