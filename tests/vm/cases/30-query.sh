#!/bin/bash
# What aaforge reads out of a compiled policy is what the kernel answers about it when it is loaded.
# time limit: 90 s
. /vm/lib.sh

WANTED_PAIRS=9000 # of a path and a permission; all profiles together
WANTED_OTHERS=3000 # families and types, signals, tracing

# differences QUESTIONS KERNEL DECIDED: the first of them, with their questions.
differences() {
	paste -d '|' "$@" | awk -F '|' '$2 != $3' | head -n 10 |
		while IFS='|' read -r question kernel decided; do
			hex=${question##* }
			echo "$question ($(printf "${hex//??/\\x&}" 2>/dev/null)): kernel $kernel, aaforge $decided"
		done
}

pairs=0 others=0
for text in questions/*.profile; do
	name=$(basename "$text" .profile)
	asked=questions/$name.questions
	ok "$name: compiled" apparmor_parser -QTK -o /tmp/binary "$text"
	ok "$name: loaded" apparmor_parser -rKB /tmp/binary
	ok "$name: the kernel holds these bytes" \
		cmp /tmp/binary $securityfs/policy/profiles/"$name".*/raw_data
	query "$name" <"$asked" >/tmp/kernel
	same "$name: the kernel answered" 0 $?
	decide /tmp/binary "$name" <"$asked" >/tmp/all
	same "$name: aaforge answered" 0 $?
	awk '/^=/ { print $1, $2, $3; next } { print $2, $3, $4 }' /tmp/all >/tmp/decided
	same "$name: every question is answered by both" "$(wc -l <"$asked") $(wc -l <"$asked")" \
		"$(wc -l </tmp/kernel) $(wc -l </tmp/decided)"
	same "$name: both agree" "" "$(differences "$asked" /tmp/kernel /tmp/decided)"
	files=$(grep -c ^file "$asked")
	pairs=$((pairs + 7 * files)) others=$((others + $(wc -l <"$asked") - files))
	# A profile that allows all or nothing would say little.
	matches "$name: the kernel allowed some" '^=[rwalkmx]' "$(cat /tmp/kernel)"
	matches "$name: and refused some" '^= ' "$(cat /tmp/kernel)"
done
echo "asked: $pairs pairs of a path and a permission, $others others"
ok "$WANTED_PAIRS pairs of a path and a permission" [ $pairs -ge $WANTED_PAIRS ]
ok "$WANTED_OTHERS questions on networks, signals and tracing" [ $others -ge $WANTED_OTHERS ]
