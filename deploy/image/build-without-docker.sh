#!/usr/bin/env bash
# Build the image where no Docker engine runs: buildah, on a base made by debootstrap. Needs root, Debian, and both.
#
#   deploy/image/build-without-docker.sh              solana-liquidity-indexer:local on localhost/debian-python
#   BASE=... TAG=... deploy/image/build-without-docker.sh
#
# Exit code 4 when a tool is missing. The base is made once and kept by buildah; remove it with `buildah rmi`.
set -euo pipefail
cd "$(dirname "$0")/../.."
BASE=${BASE:-localhost/debian-python:bookworm}
TAG=${TAG:-localhost/solana-liquidity-indexer:local}

for tool in buildah debootstrap; do
  command -v "$tool" >/dev/null || { echo "no $tool: apt-get install --no-install-recommends buildah debootstrap" >&2; exit 4; }
done

make_base() {
  local root mirror
  root=$(mktemp -d)
  trap 'rm -rf "$root"' RETURN
  mirror=$(awk '/^URIs:/ {print $2; exit} /^deb / {print $2; exit}' /etc/apt/sources.list.d/*.sources /etc/apt/sources.list 2>/dev/null || true)
  debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates bookworm "$root" ${mirror:+"$mirror"} >&2
  # the base trusts what this machine trusts: a mirror of packages may have a certificate of its own
  install -m 0644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
  rm -rf "$root"/var/cache/* "$root"/var/lib/apt/lists/* "$root"/usr/share/{doc,man,locale}
  local container
  container=$(buildah from scratch)
  buildah add --quiet "$container" "$root" / >&2
  buildah config --env SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt "$container"
  buildah commit --quiet --rm "$container" "$BASE" >&2
}

buildah inspect --type image "$BASE" >/dev/null 2>&1 || make_base
# chroot isolation needs neither cgroups nor network namespaces; the docker format keeps HEALTHCHECK
buildah bud --quiet --isolation chroot --network host --format docker --build-arg "BASE=$BASE" --tag "$TAG" . >&2
buildah images --filter "reference=$TAG" --format '{{.Name}}:{{.Tag}} {{.Size}}'
