mkdir -p "$dir" || fail "the volume cannot be written to"
line=0
while [ "$line" -lt 50 ]; do
  # NFS appends of several nodes would overwrite each other; a lock makes each one whole.
  (
    flock 9 || exit 1
    printf '%s %s superstep %s is through\n' "$JOB_COMPLETION_INDEX" "$line" "$line" >> "$dir/engine.log"
  ) 9>> "$dir/lock" || fail "the lock could not be taken"
  line=$((line + 1))
done
: > "$dir/done-$JOB_COMPLETION_INDEX"
report "written=$line"
