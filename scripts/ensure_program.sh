#!/usr/bin/env bash
# Makes sure that a program which no Python or Node package brings along is there:
#   scripts/ensure_program.sh browser|node|venv
# Root on Debian gets the package installed; anyone else is told exactly what to install.
set -euo pipefail
python="${PYTHON:-python3}"

has_browser() { command -v chromium || command -v chromium-browser || command -v google-chrome; }
has_node() { command -v npm && node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)'; }
has_venv() { "$python" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 10))'; }

case "${1:-}" in
  browser)
    needed="Chromium (the command chromium, chromium-browser or google-chrome)"
    packages=(fonts-dejavu-core chromium) # without a font a page has no text
    ;;
  node)
    needed="Node.js 20 or newer, with npm"
    packages=(nodejs npm)
    ;;
  venv)
    needed="Python 3.10 or newer, with its venv module ('$python' is used; PYTHON=… names another)"
    packages=(python3 python3-venv)
    ;;
  *)
    echo "usage: $0 browser|node|venv" >&2
    exit 2
    ;;
esac

if "has_$1" >/dev/null 2>&1; then exit 0; fi

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq || true # a source that is down need not be the one that has the package
  # One by one: a nodejs from elsewhere brings npm along and conflicts with Debian's.
  for package in "${packages[@]}"; do
    echo "Installing $package with apt-get ..."
    apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 \
      "$package" >/dev/null || true
    if "has_$1" >/dev/null 2>&1; then exit 0; fi
  done
fi

echo "Missing: $needed." >&2
echo "On Debian or Ubuntu: sudo apt-get install ${packages[*]}" >&2
exit 1
