#!/bin/sh
# Runs all up migrations; arguments are passed on to "voicesurvey-db up".
exec "$(dirname -- "$0")/../bin/voicesurvey-db" up "$@"
