await "$dir/taken" "the producer did not begin"
taken=0 whole=0
while :; do
  # Looked for first: what is ready after the end was seen is all that there will be.
  ended=no
  [ -e "$dir/end" ] && ended=yes
  found=no
  for path in "$dir/ready"/part-*; do
    name=${path##*/}
    mine="$dir/taken/$JOB_COMPLETION_INDEX-$name"
    # Only one consumer can move a file away: that one has it.
    mv "$path" "$mine" 2> /dev/null || continue
    found=yes taken=$((taken + 1))
    [ "$(cksum < "$mine" | tr ' ' '-')" = "${name##*.}" ] && whole=$((whole + 1))
  done
  [ "$found" = yes ] && continue
  [ "$ended" = yes ] && break
  pause "the producer did not end"
done
report "taken=$taken"
report "whole=$whole"
