#!/usr/bin/env bash
# Regenerates timeline_pb2.py and its types from timeline.proto.
# The generator is old on purpose: code it makes runs on every protobuf from 3.20 on, while newer
# generators refuse older runtimes. It lives in an environment of its own.
# With --check, fails if regenerating changes anything.
set -euo pipefail
cd "$(dirname "$0")/.."
env=.venv-proto
if [ ! -x "$env/bin/protoc-gen-mypy" ]; then
  for python in "${PYTHON:-python3}" python3.11 python3.10 ""; do
    if [ -z "$python" ]; then
      echo "The generator needs Python 3.10 or 3.11: install one beside your own." >&2
      exit 1
    fi
    # Newer ones are not among those that it was published for.
    "$python" -c 'import sys; sys.exit(sys.version_info[:2] > (3, 11))' 2>/dev/null && break
  done
  "$python" -m venv --clear "$env"
  "$env/bin/pip" install -qq "grpcio-tools==1.49.1" "mypy-protobuf==3.3.0" "setuptools<70"
fi
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
PATH="$PWD/$env/bin:$PATH" "$env/bin/python" -m grpc_tools.protoc -I. \
  --python_out="$out" --mypy_out="$out" tb_rnnview/timeline.proto 2>/dev/null
for name in timeline_pb2.py timeline_pb2.pyi; do
  if [ "${1:-}" = --check ]; then
    diff -u "tb_rnnview/$name" "$out/tb_rnnview/$name" || {
      echo "tb_rnnview/$name is stale: run scripts/generate_proto.sh" >&2
      exit 1
    }
  else
    cp "$out/tb_rnnview/$name" "tb_rnnview/$name"
  fi
done
