#!/bin/sh
# Applies the pending migrations. Passes its arguments on to "voicesurvey-db up".
exec "$(dirname -- "$0")/../bin/voicesurvey-db" up "$@"
