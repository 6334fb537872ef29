#!/bin/sh
# Two profiles for one program within a run, and where the kernel's choice between two of ours is decided; the same
# name in another file of the boot; other profiles of a file that is put aside; policy namespaces.
# time limit: 200 s
. /vm/lib.sh

P=/etc/apparmor.d
D=/etc/aaforge
mkdir -p svc $D/templates /opt/r
for program in one two three oo op; do cp /usr/bin/bash /opt/r/$program; done
# Without abstractions, which take most of the time.
cat >$D/templates/attached.profile <<'X'
abi <abi/3.0>,
profile @{name} @{attachment} {
	/** rwmix,
	signal,
	capability,
}
X
describe() { # NAME BINARY
	printf 'name: %s\ntemplate: /etc/aaforge/templates/attached.profile\nbinary: "%s"\n' "$1" "$2"
}
dist() { # NAME [ATTACHMENT]
	printf 'profile %s %s {\n\t/** rwmix,\n\tsignal,\n}\n' "$1" "$2"
}
# label PROGRAM: what confines a new start of it.
label() {
	"/opt/r/$1" -c 'read -r label </proc/self/attr/current; echo "$label"'
}
unload() { # NAME …
	local name
	for name in "$@"; do
		printf %s "$name" >$securityfs/.remove
	done
}
state() { # NAME: status, and the state
	local answer status
	answer=$(aaforge status --json "$1" 2>/dev/null)
	status=$?
	echo "$status $(printf '%s' "$answer" | sed 's/.*"state":"\([^"]*\)".*/\1/')"
}
neither='the kernel would attach neither, and the program would run unconfined'

# Within one load: texts, binaries, descriptions.
describe con /opt/r/one >svc/con.yaml
dist ta /opt/r/one >ta
dist tb /opt/r/one >tb
cat ta tb >both
apparmor_parser -QTK -o ta.bin ta
rivals() { # WHAT PATTERN OPERAND …
	local what=$1 pattern=$2
	shift 2
	exits "$what" 1 aaforge load "$@"
	matches "$what: why" "$pattern" "$output"
	same "$what: nothing is loaded" "" "$(mode_of con)$(mode_of ta)$(mode_of tb)"
}
rivals "a description and a text" "'con': the profile 'ta' of 'ta', which is loaded with it, attaches to '/opt/r/one' as well: $neither; load only one of the two, --force" svc/con.yaml ta
same "it is said once" 1 "$(printf '%s\n' "$output" | grep -c neither)"
rivals "a description and a binary" "'con': the profile 'ta' of 'ta.bin'.*$neither" svc/con.yaml ta.bin
rivals "two texts" "'ta': the profile 'tb' of 'tb'.*$neither" ta tb
rivals "two profiles of a text" "'ta': the profile 'tb' of 'both'.*$neither" both
rivals "into a namespace" "'con': the profile 'ta' of 'ta'.*$neither" --namespace tn svc/con.yaml ta
says "forced" "warning: 'con': .*$neither" aaforge load --force svc/con.yaml ta
same "so it is" unconfined "$(label one)"
same "status says so" "1 not in force" "$(state con)"
unload con ta
# The kernel takes a name first, and nothing would be left to the other.
dist /opt/r/one >named
rivals "a name" "'con': the profile '/opt/r/one' of 'named'.*the kernel would attach that one, and no program would be left to this one" svc/con.yaml named
says "forced" "warning: 'con'" aaforge load --force svc/con.yaml named
same "so it is" "/opt/r/one (enforce)" "$(label one)"
unload con /opt/r/one
ok "ours alone" aaforge load svc/con.yaml
exits "a name takes the program away from it" 1 aaforge load named
matches "why" "'/opt/r/one': the loaded profile 'con' attaches to '/opt/r/one' as well: the kernel would attach this one, and no program would be left to that one; 'aaforge unload con'" "$output"
same "it is kept" "con (enforce)" "$(label one)"
ok "forced" aaforge load --force named
same "so it is" "/opt/r/one (enforce)" "$(label one)"
same "status says so" "1 not in force" "$(state con)"
unload con /opt/r/one
dist foreign /opt/r/one >/tmp/foreign
load /tmp/foreign
ok "what is taken away from others is theirs" aaforge load named
same "the name" "/opt/r/one (enforce)" "$(label one)"
unload foreign /opt/r/one
# Decided, and both keep something.
dist pt '/opt/r/o*' >pt
says "a pattern and a path" "note: 'pt': the profile 'ta' of 'ta', which is loaded with it, is for '/opt/r/one' as well: the kernel attaches that one" aaforge load pt ta
same "so it is" "ta (enforce) pt (enforce)" "$(label one) $(label oo)"
unload pt ta
