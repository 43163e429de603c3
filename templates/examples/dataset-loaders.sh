# Whoever comes first loads; the other finds the dataset complete, as would a retried job.
mkdir -p "$dir" || fail "the volume cannot be written to"
exec 9> "$dir/lock"
flock 9 || fail "the lock could not be taken"
loaded=0
if [ ! -e "$dir/complete" ]; then
  row=0
  while [ "$row" -lt 1000 ]; do
    echo "$row,$((row * 7919 % 1000)),$((row * 104729 % 1000))"
    row=$((row + 1))
  done > "$dir/edges.csv" || fail "the dataset could not be written"
  # A name that appears when the file behind it is whole.
  cksum < "$dir/edges.csv" > "$dir/.complete" && mv "$dir/.complete" "$dir/complete" ||
    fail "the dataset could not be marked as complete"
  loaded=1
fi
report "loaded=$loaded"
