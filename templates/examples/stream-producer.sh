mkdir -p "$dir/ready" "$dir/taken" || fail "the volume cannot be written to"
file=0
while [ "$file" -lt 20 ]; do
  row=0
  while [ "$row" -lt 50 ]; do
    echo "$file,$row"
    row=$((row + 1))
  done > "$dir/.part" || fail "a file could not be written"
  # It carries its own checksum in its name, and appears when it is whole.
  mv "$dir/.part" "$dir/ready/part-$file.$(cksum < "$dir/.part" | tr ' ' '-')" ||
    fail "a file could not be handed over"
  file=$((file + 1))
done
: > "$dir/end"
report "produced=$file"
