#!/bin/sh
# Adds the seed rows. Passes its arguments on to "voicesurvey-db seed".
exec "$(dirname -- "$0")/../bin/voicesurvey-db" seed "$@"
