#!/usr/bin/env bash
# Builds once and runs the tests: ./test.sh [name...] [-- runner options]
#   ./test.sh                          every tests/*.Tests project
#   ./test.sh Domain Storage           only tests/Tollgate.Domain.Tests and tests/Tollgate.Storage.Tests
#   ./test.sh Domain -- --filter-method '*proration*'
# Installs what the tests need when it is missing. The tests start and stop their own servers. The last line holds the totals.
set -euo pipefail
root="$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)"
cd -- "$root"

# A database that is missing here is a failure, not a skip.
export TOLLGATE_REQUIRE_DATABASES=1
export DOTNET_CLI_TELEMETRY_OPTOUT=1 TESTINGPLATFORM_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
# Leave no build nodes behind.
export MSBUILDDISABLENODEREUSE=1

fail() { echo "test.sh: $*" >&2; exit 1; }

names=()
runner_options=()
while (($#)); do
  case "$1" in
    --) shift; runner_options=("$@"); break ;;
    -*) fail "unknown option $1; runner options come after --, for example: ./test.sh Domain -- $*" ;;
    *) names+=("$1"); shift ;;
  esac
done

projects=()
if ((${#names[@]})); then
  for name in "${names[@]}"; do
    project="tests/Tollgate.$name.Tests"
    [[ -d $project ]] || fail "there is no test project for '$name'; there are: $(
      find tests -maxdepth 1 -name 'Tollgate.*.Tests' -printf '%f\n' | sed 's/^Tollgate\.//; s/\.Tests$//' | sort | xargs)"
    projects+=("$project")
  done
else
  for project in tests/*.Tests; do projects+=("$project"); done
fi

command -v dotnet >/dev/null || fail "the .NET SDK was not found. Install the .NET 10 SDK (https://dot.net/download)."

apt_install() {
  local as_root=()
  command -v apt-get >/dev/null || fail "$1 is missing and there is no apt-get here; install it by hand."
  if ((EUID != 0)); then
    command -v sudo >/dev/null && sudo -n true 2>/dev/null ||
      fail "$1 is missing. Install it (apt-get install $1), or run test.sh once as root or with password-less sudo."
    as_root=(sudo -n)
  fi
  echo "Installing $1"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$1" >/dev/null ||
    { "${as_root[@]}" apt-get update -q >/dev/null &&
      "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$1" >/dev/null; } ||
    fail "apt-get could not install $1."
}

if [[ -z ${TOLLGATE_POSTGRESQL_BIN:-} ]] && ! compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null &&
  ! command -v initdb >/dev/null; then
  apt_install postgresql
fi
if [[ -z ${TOLLGATE_BROWSER:-} && ! -x /usr/bin/chromium && ! -x /usr/bin/google-chrome ]]; then
  apt_install chromium
fi
for packages in tests/compatibility tests/browser; do
  command -v npm >/dev/null || fail "npm was not found; the SDK compatibility and browser tests need Node.js 20 or later."
  stamp=$packages/node_modules/.package-lock.json
  if [[ ! -f $stamp || $packages/package-lock.json -nt $stamp ]]; then
    echo "Installing the npm packages of $packages"
    (cd "$packages" && npm ci --no-audit --no-fund --loglevel=error)
  fi
done

work="$(mktemp -d "${TMPDIR:-/tmp}/tollgate-test.XXXXXX")"
trap 'rm -rf -- "$work"' EXIT

echo "Building (Release)"
if ((${#names[@]})); then targets=("${projects[@]}"); else targets=(Tollgate.slnx); fi
for target in "${targets[@]}"; do
  if ! dotnet build "$target" -c Release --nologo -v q >"$work/build.log" 2>&1 </dev/null; then
    cat -- "$work/build.log" >&2
    fail "the build of $target failed; no test was run."
  fi
done

# The value of one attribute of the report's <assembly> element.
count() { sed -n "s/.*<assembly [^>]*[[:space:]]$1=\"\([0-9]*\)\".*/\1/p" "$2" | head -n 1; }

passed=0 failed=0 skipped=0 status=0
for project in "${projects[@]}"; do
  name="${project##*/}"
  report="$work/$name.xml"
  echo "== $name"
  code=0
  dotnet "$project/bin/Release/net10.0/$name.dll" --no-banner --no-progress --results-directory "$work" \
    --report-xunit --report-xunit-filename "$name.xml" "${runner_options[@]}" </dev/null || code=$?
  # 8 = no test ran: expected where all were skipped, of a project without tests and of a filter that leaves none.
  if ((code == 8)) && [[ -f $report && $(count skipped "$report") -gt 0 ]]; then
    code=0
  elif ((code == 8)) && { ((${#runner_options[@]})) || ! grep -rqE '\[(Fact|Theory)' --include='*.cs' "$project"; }; then
    continue
  fi
  ((code == 0)) || status=1
  if [[ -f $report && -n $(count passed "$report") ]]; then
    project_failed=$(($(count failed "$report") + $(count errors "$report")))
    passed=$((passed + $(count passed "$report")))
    failed=$((failed + project_failed))
    skipped=$((skipped + $(count skipped "$report")))
    # A runner that reports success of every test and still fails (a crash at its end) must show in the totals.
    ((code == 0 || project_failed > 0)) || { echo "$name ended with code $code" >&2; failed=$((failed + 1)); }
  else
    echo "$name ended with code $code and without a report" >&2
    failed=$((failed + 1)) status=1
  fi
done

((failed == 0)) || status=1
echo "Tests: $passed passed, $failed failed, $skipped skipped"
exit "$status"
