set -u
dir="$SHARED/clockwork-example-$RUN"
left=$((PATIENCE * 5))
report() { printf '%s\n' "$1" >> "$REPORT"; }
fail() { report "failed=$1"; exit 1; }
pause() { left=$((left - 1)); [ "$left" -gt 0 ] || fail "$1"; sleep 0.2; }
await() { while [ ! -e "$1" ]; do pause "$2"; done; }
report "node=$NODE"
