await "$dir/complete" "the dataset was not loaded"
# All of them at once, or nobody could say that they read side by side.
mkdir -p "$dir/engines" && : > "$dir/engines/$JOB_COMPLETION_INDEX" ||
  fail "the volume cannot be written to"
engine=0
while [ "$engine" -lt "$ENGINES" ]; do
  await "$dir/engines/$engine" "engine $engine did not come"
  engine=$((engine + 1))
done
[ "$(cksum < "$dir/edges.csv")" = "$(cat "$dir/complete")" ] ||
  fail "another dataset was read than was loaded"
report whole=1
# Each engine works on its own share of the rows.
rows=0 sum=0
while IFS=, read -r row source weight; do
  [ $((row % ENGINES)) -eq "$JOB_COMPLETION_INDEX" ] || continue
  rows=$((rows + 1)) sum=$((sum + weight))
done < "$dir/edges.csv"
report "rows=$rows"
report "sum=$sum"
