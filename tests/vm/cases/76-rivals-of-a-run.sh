#!/bin/sh
# Two profiles for one program within a run, and where the kernel's choice between two of ours is decided; the same
# name in another file of the boot; other profiles of a file that is put aside; policy namespaces.
# time limit: 300 s
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
		aaforge unload -q --force "$name"
	done
}
state() { # [OPTION] NAME: status, and the state
	local answer status
	answer=$(aaforge status --json "$@" 2>/dev/null)
	status=$?
	echo "$status $(printf '%s' "$answer" | sed 's/.*"state":"\([^"]*\)".*/\1/')"
}
# doctor asks them for their version, which takes most of its time.
mkdir -p /tmp/aside && mv /usr/bin/runc /usr/bin/crun /usr/sbin/runc /usr/sbin/crun /tmp/aside 2>/dev/null
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

# The kernel's choice between a pattern and a path, both of ours: a remark, wherever it is asked for.
mkdir pe
describe pat '/opt/r/o*' >pe/pat.yaml
mv svc/con.yaml pe
remark() { # WHAT
	same "$1: what the kernel does" "con (enforce) pat (enforce)" "$(label one) $(label oo)"
	same "$1: status" "0 current" "$(state pat)"
	says "$1: and why" "pat .*\('con' .*attaches to '/opt/r/one' as well, and the kernel attaches that one\)" aaforge status pat
	same "$1: once" 1 "$(printf '%s\n' "$output" | grep -o 'as well' | wc -l)"
	says "$1: lookup" '^pat$' aaforge lookup pat
	says "$1: lookup of the file" '^pat$' aaforge lookup pe/pat.yaml
	says "$1: doctor" "^note overlapped: .*'pat': 'con' " aaforge doctor
	says "$1: the other one" '^con$' aaforge lookup con
	says "$1: confines" '"name":"pat".*"confines":true' aaforge status --json pat
}
ok "synced" aaforge sync -q pe
remark "synced"
says "again" '^nothing to do' aaforge sync pe
matches "it is noted" 'attach-overlap' "$output"
ok "after a boot, too" sh -c 'aaforge status --json pat | grep -q "\"confines_after_boot\":true"'
aaforge remove -q pat
says "the pattern later" "note: 'pat': the loaded profile 'con' \('$P/con'\) is for '/opt/r/one' as well: the kernel attaches that one" aaforge install pe/pat.yaml
remark "the pattern later"
aaforge remove -q con
says "the path later" "note: 'con': the loaded profile 'pat' \('$P/pat'\) is for '/opt/r/one' as well: the kernel attaches this one" aaforge install pe/con.yaml
remark "the path later"
# Their processes are told by who would get them.
aaforge unload -q con pat
mkfifo /tmp/never
/opt/r/one -c 'read -r line <>/tmp/never; :' &
task=$!
/opt/r/oo -c 'read -r line <>/tmp/never; :' &
other=$!
aaforge sync -q pe
says "one of the path" "con +enforce +unattached .*$task \(one" sh -c 'aaforge status con; true'
same "it is none of the pattern's" "1 unattached" "$(state pat)"
says "which has its own" "pat .*1 process runs outside of it: $other \(oo" sh -c 'aaforge status pat; true'
kill $task $other
wait $task $other
# Nothing is left to it.
aaforge remove -q con pat
cp /opt/r/one /opt/r/pair1
cp /opt/r/one /opt/r/pair2
describe both '/opt/r/pair[12]' >/tmp/both.yaml
ok "a pattern of two" aaforge load /tmp/both.yaml
dist /opt/r/pair1 >/tmp/pair1
dist /opt/r/pair2 >/tmp/pair2
says "one is taken" "note: '/opt/r/pair1': the loaded profile 'both' is for '/opt/r/pair1' as well: the kernel attaches this one" aaforge load /tmp/pair1
same "the other is left" "/opt/r/pair1 (enforce) both (enforce)" "$(label pair1) $(label pair2)"
same "a remark" "0 current" "$(state both)"
ok "forced" aaforge load --force /tmp/pair2
same "nothing is left" "/opt/r/pair2 (enforce)" "$(label pair2)"
same "status says so" "1 not in force" "$(state both)"
exits "and lookup" 1 aaforge lookup both
unload /opt/r/pair1 /opt/r/pair2 both
# Of others it is no remark: what they do with the program is not ours to know.
dist foreign /opt/r/one >/tmp/foreign
aaforge load -q pe/pat.yaml
load /tmp/foreign
same "another's takes one away" "foreign (enforce) pat (enforce)" "$(label one) $(label oo)"
same "not in force" "1 not in force" "$(state pat)"
exits "load refuses it" 1 aaforge load pe/pat.yaml
matches "why" "'pat': the loaded profile 'foreign' attaches to '/opt/r/one' as well: the kernel would attach that one" "$output"
unload foreign pat

# The same name in another file that is loaded at boot.
dist coll /opt/r/two >$P/usr.bin.coll
describe coll /opt/r/two >/tmp/coll.yaml
after_boot() { # NAME
	aaforge status --json "$1" | sed 's/.*"confines_after_boot":\([a-z]*\).*/\1/'
}
ok "forced" aaforge install -q --force /tmp/coll.yaml
same "a remark" "0 current" "$(state coll)"
says "and which" "coll .*\('$P/usr.bin.coll' defines a profile of that name as well: which of the two is in force after a boot" aaforge status coll
same "nothing vouches for the boot" false "$(after_boot coll)"
says "doctor" "^warning duplicate-profile: .*'coll' by coll and usr.bin.coll" aaforge doctor
says "lookup" 'duplicate-profile' aaforge lookup coll
same "for now" "coll (enforce)" "$(label two)"
mkdir -p $P/disable
ln -s ../usr.bin.coll $P/disable/
same "a disabled one is none" true "$(after_boot coll)"
exits "nor for doctor" 1 sh -c "aaforge doctor | grep duplicate-profile"
rm -r $P/disable
says "removed" "note: no profile 'coll' is loaded now: '$P/usr.bin.coll', which defines one as well, is loaded at the next boot; 'apparmor_parser -r $P/usr.bin.coll'" aaforge remove coll
same "so it is" unconfined "$(label two)"
ok "as it says" apparmor_parser -r $P/usr.bin.coll
same "theirs" "coll (enforce)" "$(label two)"
# A profile of a container has a name, too.
printf 'name: box\nbinary: /app\ntemplate: minimal\n' >/tmp/box.yaml
dist box >$P/other.box
ok "of a container" aaforge install -q --force /tmp/box.yaml
same "nothing vouches for it either" false "$(after_boot box)"
aaforge remove -q box
rm $P/other.box

# Loaded, of the same name, with another text: the file is put aside, and that is all that is asked for.
sed -i 's/signal,/signal, network,/' $P/usr.bin.coll
load $P/usr.bin.coll
exits "refused" 1 aaforge install /tmp/coll.yaml
says "as it advises" "note: '$P/usr.bin.coll' is put aside" aaforge install --replace-distribution usr.bin.coll /tmp/coll.yaml
same "ours" "coll (enforce) 0 current" "$(label two) $(state coll)"
same "also after a boot" true "$(after_boot coll)"
says "and back" "usr.bin.coll' is back" aaforge remove coll
same "theirs" "coll (enforce)" "$(label two)"
mkdir -p $P/disable
ln -s ../usr.bin.coll $P/disable/
ok "disabled before, but loaded" aaforge install -q --replace-distribution usr.bin.coll /tmp/coll.yaml
same "ours" "coll (enforce) 0 current" "$(label two) $(state coll)"
aaforge remove -q coll
ok "his link stays" test -L $P/disable/usr.bin.coll
rm -r $P/disable
load $P/usr.bin.coll
exits "another file does not do" 1 sh -c "echo 'profile calm /opt/r/three { }' >$P/calm; aaforge install --replace-distribution calm /tmp/coll.yaml"
rm $P/calm
unload coll
rm $P/usr.bin.coll

# Other profiles of the file.
{
	dist pack /opt/r/one
	dist extra /opt/r/three
	dist helper
} >$P/pack
load $P/pack
same "theirs" "extra (enforce)" "$(label three)"
says "said before" "warning: with '$P/pack' goes its profile 'extra' as well, and nothing confines '/opt/r/three' from now on" aaforge install -n --replace-distribution pack pe/con.yaml
same "nothing is done" "extra (enforce)" "$(label three)"
says "said" "warning: with '$P/pack' goes its profile 'extra' as well, and nothing confines '/opt/r/three' from now on" aaforge install --replace-distribution pack pe/con.yaml
matches "one without a program" "profile 'helper' as well, which nothing replaces" "$output"
same "not of what is replaced" "" "$(printf '%s\n' "$output" | grep "profile 'pack'")"
same "so it is" "con (enforce) unconfined" "$(label one) $(label three)"
aaforge remove -q con
same "all are back" "pack (enforce) extra (enforce)" "$(label one) $(label three)"
unload pack extra helper
says "not loaded" "profile 'extra' as well, and nothing confines '/opt/r/three' from the next boot on" aaforge install --replace-distribution pack pe/con.yaml
aaforge remove -q con
rm -r $P/pack $P/disable
unload pack extra helper

# In a policy namespace profiles compete as well, among themselves only.
ok "into a namespace" aaforge load -q --namespace tn pe/con.yaml
same "it is alone" "0 current" "$(state --namespace=tn con)"
ok "ours outside is no rival" aaforge load -q ta
same "there is none" "0 current 0 current" "$(state --namespace=tn con) $(state ta)"
load_into() { # NAMESPACE FILE
	apparmor_parser -QTK -n "$1" -o /tmp/binary "$2"
	cat /tmp/binary >$securityfs/.replace
}
dist foreign /opt/r/one >/tmp/foreign
load_into tn /tmp/foreign
same "within there is one" "1 not in force" "$(state --namespace=tn con)"
says "who" "con .*'foreign' attaches to '/opt/r/one' as well, and the kernel attaches neither" sh -c 'aaforge status --namespace tn con; true'
same "what the kernel does" "unconfined" "$(aa-exec -n tn -- /opt/r/one -c 'read -r label </proc/self/attr/current; echo "${label#*//}"' | sed 's/^:tn://')"
same "outside nothing has changed" "ta (enforce)" "$(label one)"
aaforge unload -q --namespace tn con foreign
unload ta
mv /tmp/aside/* /usr/bin
