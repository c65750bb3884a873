#!/bin/sh
# Applies the seed data; arguments are passed on to "voicesurvey-db seed".
exec "$(dirname -- "$0")/../bin/voicesurvey-db" seed "$@"
