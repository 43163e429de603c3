rm -rf "$dir" || fail "what the example wrote could not be removed"
report swept=1
