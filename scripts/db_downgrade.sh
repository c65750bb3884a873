#!/bin/sh
# Runs all down migrations, which drops every table: asks on a terminal, needs --yes without one.
# Other arguments are passed on to "voicesurvey-db down"; --steps or --to there roll back less.
set -eu
program=$(dirname -- "$0")/../bin/voicesurvey-db

agreed=no
embedded=
far='--to 0'
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
    --to | --to=* | --steps | --steps=*) far= what=migrations ;;
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
  printf '%s\nRoll back %s? This drops tables and the rows in them. [y/N] ' "$address" "$what" >&2
  read -r answer || answer=
  case $answer in
    [yY] | [yY][eE][sS]) ;;
    *) echo 'Nothing was done.' >&2 && exit 4 ;;
  esac
fi

exec "$program" down $far "$@"
