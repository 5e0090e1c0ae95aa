#!/usr/bin/env bash
# Restores, builds and starts the server in the foreground: ./run.sh [server options], see ./run.sh --help.
# Relative paths among the options are relative to the directory you call it from.
set -euo pipefail
root="$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)"
project="$root/src/Tollgate.Server/Tollgate.Server.csproj"
server="$root/src/Tollgate.Server/bin/Release/net10.0/Tollgate.Server.dll"

if ! command -v dotnet >/dev/null; then
  echo "run.sh: the .NET SDK was not found. Install the .NET 10 SDK (https://dot.net/download) and put dotnet on PATH." >&2
  exit 1
fi
# The directory decides which SDK dotnet picks: global.json lies in the root.
if ! sdk="$(cd -- "$root" && dotnet --version 2>&1)"; then
  printf 'run.sh: no installed .NET SDK satisfies %s/global.json. Install the .NET 10 SDK (https://dot.net/download).\n%s\n' \
    "$root" "$sdk" >&2
  exit 1
fi

# Analyzers are for those who change the code (.ci/run runs them on everything); without them a cold build takes a third less.
# A file, not a pipe: build nodes outlive the build and would keep a pipe open.
log="$(mktemp "${TMPDIR:-/tmp}/tollgate-build.XXXXXX")"
if ! (cd -- "$root" && dotnet build "$project" -c Release --nologo -v q -p:RunAnalyzers=false) >"$log" 2>&1 </dev/null; then
  cat -- "$log" >&2
  rm -f -- "$log"
  echo "run.sh: the build failed; the server was not started." >&2
  exit 1
fi
rm -f -- "$log"

exec dotnet "$server" "$@"
