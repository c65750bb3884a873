#!/usr/bin/env bash
# Runs all up migrations; arguments are passed on to "voicesurvey-db up".
set -euo pipefail
exec "$(dirname "${BASH_SOURCE[0]}")/../bin/voicesurvey-db" up "$@"
