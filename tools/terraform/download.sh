#!/usr/bin/env bash
# Puts Terraform into a folder, for machines that are made for one run: tools/terraform/download.sh FOLDER. SHA256SUMS beside it
# says which version, and what it must be. Another place that has its archives: TERRAFORM_RELEASES=URL.
set -euo pipefail

folder=$1
sums=$(dirname "$0")/SHA256SUMS
releases=${TERRAFORM_RELEASES:-https://releases.hashicorp.com/terraform}

system=$(uname -s | tr '[:upper:]' '[:lower:]')
case $(uname -m) in
  x86_64) machine=amd64 ;;
  aarch64 | arm64) machine=arm64 ;;
  *) machine=$(uname -m) ;;
esac
wanted=$(grep "_${system}_$machine.zip\$" "$sums") || {
  echo "terraform: $sums has no archive for $system on $machine" >&2
  exit 1
}
archive=${wanted##* }
version=${archive#terraform_}
version=${version%%_*}

partial=$(mktemp -d)
trap 'rm -rf "$partial"' EXIT
curl -fsSL --retry 3 -o "$partial/$archive" "$releases/$version/$archive"
(cd "$partial" && echo "$wanted" | sha256sum --check --quiet)
python3 -m zipfile -e "$partial/$archive" "$partial"
mkdir -p "$folder"
install -m 755 "$partial/terraform" "$folder/terraform"
