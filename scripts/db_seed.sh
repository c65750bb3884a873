#!/usr/bin/env bash
# Applies the seed data; arguments are passed on to "voicesurvey-db seed".
set -euo pipefail
exec "$(dirname "${BASH_SOURCE[0]}")/../bin/voicesurvey-db" seed "$@"
