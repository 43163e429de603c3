mkdir -p "$dir" || fail "the volume cannot be written to"
# A long computation: 60 steps, each from the one before, with a checkpoint after every tenth.
step=0 state=1
while [ "$step" -lt 35 ]; do
  step=$((step + 1)) state=$(((state * 1103515245 + 12345) % 2147483648))
  if [ $((step % 10)) -eq 0 ]; then
    # Written beside and moved into its place: whoever restores finds it whole.
    echo "$step $state" > "$dir/.checkpoint" && mv "$dir/.checkpoint" "$dir/checkpoint" ||
      fail "the checkpoint could not be written"
  fi
done
# The session is lost here, with five steps that no checkpoint holds.
report "reached=$step"
: > "$dir/first-is-gone"
