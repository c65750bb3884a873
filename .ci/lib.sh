# What .ci/run and .ci/full share: steps, suites, PostgreSQL servers, and the closing line "N passed, N failed".
# To be sourced; runs in the root of the repository.

passed=0
failed=0
failures=()
servers=()

# What the gate leaves out: it takes minutes, and tests what seldom changes. .ci/full runs it.
long_tests=(
  test/bin/every-command.test.ts
  test/inspect/generate/page-in-browser.test.ts
  test/postgres/connection/floods.test.ts
  test/scaling/failover.test.ts
  test/storage/prepared-after-failover.test.ts
)

# The tests of another major version. Those left out use no server, start one of their own, or do not depend on its version.
server_tests=(
  npm test --
  --exclude 'test/{bin,text}/**'
  --exclude 'test/postgres/{connection,embedded,url}/**'
  --exclude 'test/{cli,postgres}/embedded.test.ts'
  --exclude 'test/cli/commands/{redo,reset}.test.ts'
  --exclude 'test/storage/prepared-*.test.ts'
  --exclude test/inspect/generate/page-in-browser.test.ts
  --exclude 'test/scaling/{failover,standby}.test.ts'
)

# Of these, the gate leaves out on the oldest version what uses the server only as the other tests do, and the proofs of the
# migrations, which are a step of their own. .ci/full runs all.
gate_tests=(
  "${server_tests[@]}"
  --exclude test/inspect/check.test.ts
  --exclude test/inspect/check/product.test.ts
  --exclude 'test/{cli,crash,docs,lists,pooler,rehearse,scripts,services,sql,testing}/**'
)

work=$(mktemp -d)
# The data of servers is in memory if there is room, where creating a database takes a quarter of the time.
data=$work
[[ $(df --output=avail /dev/shm 2>/dev/null | tail -n 1) -lt $((6 * 1024 * 1024)) ]] || data=$(mktemp -d --tmpdir=/dev/shm)
chmod 755 "$work" "$data"

# step NAME COMMAND...: runs a command that passes or fails as a whole.
step() {
  local name=$1 start=$SECONDS
  shift
  echo "== $name"
  if "$@"; then
    passed=$((passed + 1))
  else
    failures+=("$name")
    failed=$((failed + 1))
  fi
  echo "-- $name: $((SECONDS - start)) s"
}

# list_failures NAME LOG: each failed test with the first line of its error, which Vitest prints after the names of the tests.
list_failures() {
  awk -v suite="$1" '
    sub(/^ *FAIL +/, "") { tests[++count] = $0; next }
    count && NF { for (i = 1; i <= count; i++) print suite ": " tests[i] ": " $0; count = 0 }
  ' "$2"
}

# suite NAME COMMAND...: runs Vitest and adds its counts to ours.
suite() {
  local name=$1 start=$SECONDS log status counts ok bad
  shift
  echo "== $name"
  log=$(mktemp --tmpdir="$work")
  "$@" 2>&1 | tee "$log"
  status=${PIPESTATUS[0]}
  sed -i 's/\x1b\[[0-9;]*m//g' "$log"
  counts=$(grep -E '^ +Tests ' "$log" | tail -n 1)
  mapfile -t -O ${#failures[@]} failures < <(list_failures "$name" "$log" | sort -u)
  ok=$(grep -oE '[0-9]+ passed' <<<"$counts" | grep -oE '[0-9]+')
  bad=$(grep -oE '[0-9]+ failed' <<<"$counts" | grep -oE '[0-9]+')
  passed=$((passed + ${ok:-0}))
  failed=$((failed + ${bad:-0}))
  # A run that exits non-zero without a failed test, or that runs no test, has failed as well.
  if [[ $status -ne 0 && -z $bad ]] || [[ -z $ok ]]; then
    failures+=("$name")
    failed=$((failed + 1))
  fi
  echo "-- $name: $((SECONDS - start)) s"
}

# PostgreSQL refuses to run as root.
as_server_user() {
  if [[ $EUID -eq 0 ]]; then (cd / && runuser -u nobody -- "$@"); else "$@"; fi
}

# install_package PACKAGE FILE: installs a Debian package unless the file that it brings is there.
# RUNLEVEL=1 keeps Debian from starting the services of the package.
install_package() {
  [[ -e $2 ]] || { apt-get update -qq && RUNLEVEL=1 apt-get install -y -qq "$1" >/dev/null; }
  [[ -e $2 ]]
}

# start_postgres NAME BIN: starts a server on a free port of the loopback interface and sets $url to its address.
start_postgres() {
  local folder=$data/$1 bin=$2 port
  url=''
  port=$(node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')
  mkdir "$folder"
  if [[ $EUID -eq 0 ]]; then chown nobody "$folder"; fi
  as_server_user "$bin/initdb" --pgdata="$folder/data" --username=postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8 >/dev/null &&
    as_server_user "$bin/pg_ctl" start --pgdata="$folder/data" --wait --silent --log="$folder/log" \
      --options="-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories='' -c fsync=off -c max_connections=200" &&
    servers+=("$bin/pg_ctl $folder/data") &&
    url="postgresql://postgres@127.0.0.1:$port/postgres"
}

stop_servers() {
  local server
  for server in "${servers[@]}"; do
    as_server_user "${server% *}" stop --pgdata="${server#* }" --mode=immediate --silent
  done
  rm -rf "$work" "$data"
}
trap stop_servers EXIT

# The failures come last: of a long log only the end may be kept.
finish() {
  echo
  [[ $failed -eq 0 ]] || printf 'FAILED: %s\n' "${failures[@]}"
  echo "$passed passed, $failed failed"
  [[ $failed -eq 0 && $passed -gt 0 ]]
  exit
}
