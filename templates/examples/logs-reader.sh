writer=0 ordered=0
while [ "$writer" -lt "$WRITERS" ]; do
  await "$dir/done-$writer" "writer $writer did not end"
  next=0
  while read -r who line rest; do
    [ "$who" = "$writer" ] || continue
    [ "$line" = "$next" ] || break
    next=$((next + 1))
  done < "$dir/engine.log"
  [ "$next" -eq 50 ] && ordered=$((ordered + 1))
  writer=$((writer + 1))
done
report "lines=$(wc -l < "$dir/engine.log" | tr -d ' ')"
report "distinct=$(sort -u "$dir/engine.log" | wc -l | tr -d ' ')"
report "ordered=$ordered"
