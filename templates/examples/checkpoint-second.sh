await "$dir/first-is-gone" "the first session did not end"
read -r step state < "$dir/checkpoint" || fail "there is no checkpoint to restore"
report "restored=$step"
while [ "$step" -lt 60 ]; do
  step=$((step + 1)) state=$(((state * 1103515245 + 12345) % 2147483648))
done
report "result=$state"
