# syntax=docker/dockerfile:1
# The images of Notejam. `make images` builds them all, docker-compose.yml what it needs, the pipeline one at a time:
#
#   docker build --build-arg SERVICE=notes -t notejam/notes:1.2.3 .

FROM --platform=$BUILDPLATFORM golang:1.26-bookworm AS build
ARG SERVICE
# The module that has the program: services/SERVICE, but for setup.
ARG MODULE=services/$SERVICE
ARG VERSION=dev
# Empty is what .git says.
ARG COMMIT
ARG TARGETOS
ARG TARGETARCH
WORKDIR /src
RUN --mount=type=bind,target=/src \
    --mount=type=cache,target=/go/pkg/mod \
    --mount=type=cache,target=/root/.cache/go-build <<'BUILD'
set -eu
: "${SERVICE:?is not given; say which service, for example --build-arg SERVICE=notes}"
if [ -z "$COMMIT" ] && [ -f .git/HEAD ]; then
  ref=$(sed -n 's/^ref: //p' .git/HEAD)
  if [ -z "$ref" ]; then COMMIT=$(cat .git/HEAD)
  elif [ -f ".git/$ref" ]; then COMMIT=$(cat ".git/$ref")
  elif [ -f .git/packed-refs ]; then COMMIT=$(awk -v ref="$ref" '$2 == ref { print $1 }' .git/packed-refs)
  fi
fi
mkdir -p /out/keys
(cd /out/keys && mkdir kept auth notes audit web migrate-auth migrate-notes migrate-audit mysql mailpit grafana database)
VERSION=$VERSION COMMIT=$COMMIT MODULE=$MODULE GOOS=$TARGETOS GOARCH=$TARGETARCH tools/build.sh "$SERVICE" /out/app
BUILD

FROM gcr.io/distroless/static-debian12:nonroot AS app
ARG SERVICE
ARG VERSION=dev
LABEL org.opencontainers.image.title="Notejam $SERVICE" org.opencontainers.image.version=$VERSION
COPY --from=build /out/app /app
USER 65532:65532
ENTRYPOINT ["/app"]

# Volumes of docker-compose.yml take their owner from these folders, one for each reader of secrets.
FROM app AS setup
COPY --from=build --chown=65532:65532 /out/keys /keys

FROM app AS service
