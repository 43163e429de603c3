set -u
dir="$SHARED/clockwork-example-$RUN"
left=$((PATIENCE * 5))
report() { printf '%s\n' "$1" >> "$REPORT"; }
fail() { report "failed=$1"; exit 1; }
pause() { left=$((left - 1)); [ "$left" -gt 0 ] || fail "$1"; sleep 0.2; }
await() { while [ ! -e "$1" ]; do pause "$2"; done; }
for program in flock cksum; do
  command -v "$program" > /dev/null || fail "the image has no $program, which busybox has"
done
report "node=$NODE"
