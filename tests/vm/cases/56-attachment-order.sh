#!/bin/bash
# Which of two profiles the kernel attaches to a program, and what aaforge says of it before; scripts and interpreters.
# time limit: 150 s
. /vm/lib.sh

# Which label a program gets from an unconfined shell; it is busybox and shows it itself.
label_from() { # PROGRAM
	(exec -a cat "$1" /proc/self/attr/current)
}

put_program() { # PATH
	mkdir -p "${1%/*}"
	ln -f /usr/bin/busybox "$1"
}

# The profile's name is its attachment when that begins with '='.
profile_of() { # NAME ATTACHMENT
	case $2 in
	=*) echo "profile ${2#=} { file, }" ;;
	*) echo "profile $1 $2 { file, }" ;;
	esac
}

# Reads "PROGRAM A B ANSWER"; writes "NUMBER ANSWER LABEL" for each program to /tmp/labels, once with all the first ones
# loaded before the second ones, once the other way round.
try_pairs() { # FILE
	local program a b answer number=0 first
	rm -f /tmp/a /tmp/b /tmp/labels
	while read -r program a b answer; do
		number=$((number + 1))
		put_program "$program"
		profile_of "a$number" "$a" >>/tmp/a
		profile_of "b$number" "$b" >>/tmp/b
	done <"$1"
	for first in a b; do
		ok "${1##*/}: loaded, $first first" load /tmp/$first
		ok "${1##*/}: and the others" load /tmp/$(echo ab | tr -d $first)
		number=0
		while read -r program a b answer; do
			number=$((number + 1))
			echo "$number $answer $(label_from "$program")" >>/tmp/labels
		done <"$1"
		apparmor_parser --remove /tmp/a /tmp/b
	done
	same "${1##*/}: all programs ran" $((number * 2)) "$(grep -cE '(unconfined|enforce\))$' /tmp/labels)"
}

# The labels that are not as answered: a, b, A (the one that is named by the path), n (unconfined); anything else is
# no claim.
wrong_labels() { # FILE
	local number answer label mode
	while read -r number answer label mode; do
		case $answer:$label in
		a:a$number | [bv]:b$number | A:/* | n:unconfined) ;;
		[abvAn]:*) echo "$label instead of $answer: $(sed -n "${number}p" "$1")" ;;
		esac
	done </tmp/labels
}

# Chosen by hand. Refused all the same: e, kernels differ; v, the second one, but for another program none.
cat >/tmp/chosen <<'EOF'
/t/c1/foo /t/c1/foo /t/c1/* a
/t/c2/foo /t/c2/** /t/c2/foo b
/t/c3/w /t/c3/w /t/c3/* n
/t/c4/foo /t/c4/foo /t/c4/foo n
/t/c5/foo =/t/c5/foo /t/c5/foo A
/t/c6/foo =/t/c6/foo /t/c6/* A
/t/c7/foo /t/c7/foo /t/c7/foo{,bar} n
/t/c8/foo /t/c8/* /t/{,x/}c8/foo b
/t/c9/x/foo /t/c9/x/* /t/c9/** a
/t/c10/afoo /t/c10/*foo /t/c10/afoo b
/t/c11/foo /t/c11/*foo /t/c11/foo n
/t/c12/x/foo /t/c12/** /t/c12/*/foo v
/t/c13/xx/foo /t/c13/** /t/c13/*/foo n
/t/c14/foo /t/c14/f[a-z]o /t/c14/fo[a-z] n
/t/c15/foo /t/c15/fo* /t/c15/f* a
/t/x/c16/foo /t/x/c16/foo /t/{,x/}c16/foo e
/t/c17/foo /t/c17/* /t/c17/* n
EOF
try_pairs /tmp/chosen
same "the kernel attaches the one that was expected" "" "$(wrong_labels /tmp/chosen)"
same "so aaforge answers" "$(sed 's/ [ne]$/ -/; s/ A$/ a/; s/ v$/ b/' /tmp/chosen)" "$(cut -d' ' -f1-3 /tmp/chosen | attachments)"

# By chance: no claim is wrong, and what is refused is worth it.
ok "pairs by chance" attachments "$(date +%s)" 20 /t
printf '%s\n' "$output" >/tmp/chance
try_pairs /tmp/chance
same "the kernel attaches the one that was claimed" "" "$(wrong_labels /tmp/chance)"
ok "some were refused because none is attached" grep -q ' - unconfined' /tmp/labels
ok "many were claimed" test "$(grep -c ' [ab] ' /tmp/labels)" -ge 4

# What a run of aaforge says of such pairs.
describe() { # NAME ATTACHMENT [LINE …]
	printf 'name: %s\ntemplate: host\nbinary: "%s"\n' "$1" "$2"
	shift 2
	[ $# = 0 ] || printf '%s\n' "$@"
}
mkdir d
while read -r program a b answer; do
	case $a in =*) continue ;; esac
	describe one "$a" >d/one.yaml
	describe two "$b" >d/two.yaml
	attempt sh -c 'aaforge compile d >/dev/null'
	case $answer in
	[ab])
		same "$a $b: accepted" 0 $status
		matches "and noted" "note: .*the kernel attaches '$(echo $answer | sed 's/a/one/; s/b/two/')'.*\\[attach-overlap\\]" "$output"
		;;
	*)
		same "$a $b: refused" 1 $status
		matches "and why" 'error: .*\[attach-conflict\]' "$output"
		;;
	esac
done </tmp/chosen
describe one /t/d/foo >d/one.yaml
describe two /t/d/foo >d/two.yaml
refused "check refuses" "are both for '/t/d/foo': the kernel attaches neither" aaforge check d
refused "load does" 'attach-conflict' aaforge load d
same "and loads none of them" "" "$(mode_of one)$(mode_of two)"
rm -r d

# A script is attached by its own path, not by that of its interpreter.
put_program /t/bin/ash
printf '#!/t/bin/ash\nread -r label </proc/self/attr/current\necho "$label"\n' >/t/bin/script
chmod +x /t/bin/script
describe interpreter /t/bin/ash 'template: host' 'readable: ["/proc/@{pid}/attr/current", /t/bin/script]' |
	sed 2d >/tmp/interpreter.yaml
says "an interpreter as the program is warned of" "every '/t/bin/ash FILE'.*attach-interpreter" \
	aaforge load /tmp/interpreter.yaml
same "its profile does not hold its scripts" unconfined "$(/t/bin/script)"
same "but whoever names it" "interpreter (enforce)" "$(/t/bin/ash /t/bin/script)"
describe script /t/bin/script 'exec: [/t/bin/ash]' 'readable: ["/proc/@{pid}/attr/current"]' >/tmp/script.yaml
ok "as the warning says: the script" aaforge load /tmp/script.yaml
same "its profile holds it" "script (enforce)" "$(/t/bin/script)"
aaforge unload interpreter script

# Arguments are no part of a program's path.
describe daemon '/t/bin/script --daemon' >/tmp/daemon.yaml
refused "arguments" "write '/t/bin/script'" aaforge load /tmp/daemon.yaml
same "nothing is loaded" "" "$(mode_of daemon)"
rm -r /t
