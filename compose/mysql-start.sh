#!/bin/bash
# Starts MySQL, if it has the memory that it needs: one that is killed for want of it cannot say why.
set -euo pipefail

least=$((384 * 1024 * 1024))

for file in /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes; do
  if [[ -r $file ]]; then
    limit=$(<"$file")
    if [[ $limit != max ]] && ((limit < least)); then
      echo "MySQL needs at least $((least >> 20)) MiB of memory and may use $((limit >> 20)) MiB: raise MYSQL_MEMORY in .env." >&2
      exit 1
    fi
  fi
done
exec docker-entrypoint.sh "$@"
