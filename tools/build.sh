#!/bin/sh
# Builds one service as it ships, the same to the byte wherever and whenever it is built:
#
#   tools/build.sh auth .cache/binaries/linux-arm64/auth
#
# This is the only place that knows how; the Dockerfile calls it too. VERSION and COMMIT are what the binary
# says about itself; GOOS and GOARCH say for which machine; MODULE is the folder of a program that is no
# service. It needs the folders proto/, platform/ and the module's beside its own, a POSIX shell and Go: no C
# compiler, no bash, no git.
set -eu

service=${1:?is not set; say which service}
case ${2:?is not set; say where the binary goes} in
  /*) out=$2 ;;
  *) out=$PWD/$2 ;;
esac
cd "$(dirname "$0")/.."

version=${VERSION:-dev}
commit=${COMMIT:-unknown}
stamp=gitlab.com/notejam/notejam/platform/service

# GOWORK=off: the service's own go.mod says which dependencies ship. No GOFLAGS and no GOEXPERIMENT of the
# person's. What git would record is left to the stamps, for an image is built without a repository.
export CGO_ENABLED=0 GOWORK=off GOFLAGS= GOEXPERIMENT= GOAMD64=v1 GOARM64=v8.0
cd "${MODULE:-services/$service}"
exec go build -trimpath -buildvcs=false \
  -ldflags "-s -w -buildid= -X $stamp.Version=$version -X $stamp.Commit=$commit" \
  -o "$out" "./cmd/$service"
