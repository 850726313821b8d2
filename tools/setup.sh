#!/usr/bin/env bash
# Installs what the Makefile's targets need from the system and do not find:
#
#   tools/setup.sh database    MariaDB's or MySQL's server program; installs no service and no `mysql` user
#   tools/setup.sh dump        the programs that make and restore a backup of that server
#   tools/setup.sh browser     Chromium, for the tests that drive the pages
#   tools/setup.sh compiler    a C compiler, for Go's race detector
#   tools/setup.sh node        Node.js with npm, for the checkers of pages in tools/npm
#   tools/setup.sh python      python3 with venv, for moto and for the google/api/*.proto files
#   tools/setup.sh curl        curl, for the commands of docs/api.md
#   tools/setup.sh java        a Java runtime and Maven, for ElasticMQ
#
# Several may be named. On Debian and Ubuntu it uses apt-get, as root or through sudo; elsewhere, and when
# apt-get fails, it names what is missing and ends with 1. What is there already is left alone.
set -euo pipefail

# mariadbd and mysqld live in sbin, which a person's PATH may lack.
PATH=$PATH:/usr/sbin:/usr/local/sbin

declare -A what=(
  [database]="a MariaDB or MySQL server (mariadbd or mysqld)"
  [dump]="mariadb-dump and mariadb, or mysqldump and mysql"
  [browser]="Chromium or Chrome"
  [compiler]="a C compiler (gcc or clang)"
  [node]="Node.js 18.19 or newer with npm"
  [python]="python3 with its venv module"
  [curl]="curl"
  [java]="a Java runtime, 11 or newer, and Maven (java and mvn)"
)
declare -A packages=(
  [database]="mariadb-server-core"
  [dump]="mariadb-client"
  [browser]="chromium fonts-dejavu-core"
  [compiler]="gcc libc6-dev"
  [node]="nodejs npm"
  [python]="python3 python3-venv"
  [curl]="curl"
  [java]="default-jre-headless maven"
)

any() {
  local program
  for program; do
    if command -v "$program" >/dev/null; then return 0; fi
  done
  return 1
}

found() {
  case $1 in
    database) any mariadbd mysqld ;;
    dump) any mariadb-dump mysqldump && any mariadb mysql ;;
    browser) any chromium chromium-browser google-chrome google-chrome-stable ;;
    compiler) any gcc clang cc ;;
    node) any node && any npm ;;
    python) any python3 && python3 -c 'import ensurepip, venv' 2>/dev/null ;;
    curl) any curl ;;
    java) any java && any mvn ;;
  esac
}

# apt_install PACKAGE... with a fresh package list when the one at hand is too old or empty.
apt_install() {
  local root=()
  if ((EUID != 0)); then
    any sudo || return 1
    root=(sudo)
  fi
  local install=("${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300
    install -y --no-install-recommends "$@")
  "${install[@]}" >/dev/null 2>&1 && return
  "${root[@]}" apt-get -qq update && "${install[@]}" >/dev/null
}

missing=() wanted=()
for need; do
  if [[ -z ${what[$need]:-} ]]; then
    echo "setup: unknown need \"$need\"; known are ${!what[*]}" >&2
    exit 1
  fi
  if ! found "$need"; then
    missing+=("$need")
    read -ra names <<<"${packages[$need]}"
    wanted+=("${names[@]}")
  fi
done
((${#missing[@]})) || exit 0

if any apt-get; then
  echo "setup: installing ${wanted[*]} with apt-get" >&2
  apt_install "${wanted[@]}" || echo "setup: apt-get could not install all of it" >&2
fi

failed=0
for need in "${missing[@]}"; do
  if ! found "$need"; then
    echo "setup: ${what[$need]} is needed and could not be installed; on Debian and Ubuntu: apt-get install ${packages[$need]}" >&2
    failed=1
  fi
done
exit "$failed"
