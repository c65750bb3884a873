#!/bin/sh
# Rolls back every migration, which drops every table. Asks on a terminal; without one, needs --yes.
# The rows are backed up first, to a folder voicesurvey-backup in the working directory.
# Passes other arguments on to "voicesurvey-db down". With --steps or --to it rolls back less, and --lose must name the data
# that may be deleted.
set -eu
program=$(dirname -- "$0")/../bin/voicesurvey-db

confirmed=no
embedded=
target='--to 0'
# A yes to dropping every table covers each of these.
lose='--lose users --lose email_templates --lose campaigns --lose contacts --lose exclusion_list_entries
  --lose call_attempts --lose survey_responses --lose events --lose email_notifications --lose provider_configs
  --lose transcript_snippets --lose voicesurvey_rules.erased_last_calls
  --lose voicesurvey_rules.erased_answers --lose voicesurvey_rules.recording_progress
  --lose voicesurvey.campaign_settings --lose voicesurvey.hang_ups --lose voicesurvey.unpublished_ends
  --lose voicesurvey.consumers --lose voicesurvey.event_deliveries --lose voicesurvey.email_queue
  --lose voicesurvey.tallies --lose voicesurvey.recordings_to_delete --lose voicesurvey.audit_log'
what='every migration'
left=$#
while [ "$left" -gt 0 ]; do
  argument=$1
  shift
  left=$((left - 1))
  case $argument in
    --yes) confirmed=yes && continue ;;
    --help | -h) echo 'db_downgrade.sh [--yes] and the options of:' && exec "$program" down --help ;;
    --dry-run) confirmed=yes ;;
    --to | --to=* | --steps | --steps=*) target= lose= what=migrations ;;
    --dir | --dir=*) lose= ;;
    --embedded) embedded=$argument ;;
  esac
  set -- "$@" "$argument"
done

if [ "$confirmed" = no ]; then
  if [ ! -t 0 ]; then
    echo 'error: This drops tables with their rows, and there is no terminal to ask on.' >&2
    echo 'To confirm, run it with --yes.' >&2
    exit 4
  fi
  # Fails here if the address is invalid. Never prints the password.
  address=$("$program" url --no-password $embedded)
  printf '%s\nRoll back %s? This drops tables with their rows.\nThe rows are backed up to %s first. [y/N] ' "$address" "$what" "$PWD/voicesurvey-backup" >&2
  read -r answer || answer=
  case $answer in
    [yY] | [yY][eE][sS]) ;;
    *) echo 'Nothing was done.' >&2 && exit 4 ;;
  esac
fi

exec "$program" down $target $lose "$@"
