#!/bin/sh
# Others that attach to the same program: refused before anything is changed, and what is said of it is what
# the kernel does; files of the distribution are put aside and brought back.
# time limit: 200 s
. /vm/lib.sh

P=/etc/apparmor.d
D=/etc/aaforge
mkdir svc
cp /usr/bin/bash /usr/bin/web
# Without abstractions, which take most of the time.
mkdir -p $D/templates
cat >$D/templates/attached.profile <<'X'
abi <abi/3.0>,
profile @{name} @{attachment} {
	/** rwmix,
	signal,
	capability,
}
X
describe() { # NAME BINARY [LINE …]
	printf 'name: %s\ntemplate: /etc/aaforge/templates/attached.profile\nbinary: "%s"\n' "$1" "$2"
	shift 2
	[ $# = 0 ] || printf '%s\n' "$@"
}
# label [PROGRAM]: what confines a new start of it.
label() {
	"${1:-/usr/bin/web}" -c 'read -r label </proc/self/attr/current; echo "$label"'
}
unload() { # NAME …
	local name
	for name in "$@"; do
		printf %s "$name" >$securityfs/.remove
	done
}
dist() { # NAME [ATTACHMENT [FLAGS]]
	printf 'include <tunables/global>\nprofile %s %s %s {\n\t/** rwmix,\n\tsignal,\n}\n' "$1" "$2" "$3"
}
all_of() {
	cat $securityfs/profiles
	find $P $D /run/aaforge/loaded \( -path $P/abstractions -o -path $P/tunables \) -prune -o -type f -exec cksum {} + \
		-o -type l -exec ls -l {} + 2>/dev/null | sort
}
describe web /usr/bin/web >svc/web.yaml
same "nothing is there yet" unconfined "$(label)"
ok "installed" aaforge install svc/web.yaml
same "attached" "web (enforce)" "$(label)"
ok "removed" aaforge remove web

# conflict WHAT PATTERN: it is refused.
conflict() {
	exits "$1: load" 1 aaforge load svc/web.yaml
	matches "$1: why" "'web': $2.*, --force goes on" "$output"
}

# nothing_changes WHAT PATTERN: install and sync refuse, too, and change nothing.
nothing_changes() {
	local before
	before=$(all_of)
	conflict "$1" "$2"
	exits "$1: install" 1 aaforge install svc/web.yaml
	matches "$1: why" "'web': $2.*, --force goes on" "$output"
	exits "$1: sync" 1 aaforge sync svc
	matches "$1: why" "'web': $2" "$output"
	same "$1: nothing was changed" "$before" "$(all_of)"
}

# forced WHAT LABEL [WARNING]: load with --force says so, and the kernel does it.
forced() {
	says "$1: forced" "${3:-warning: 'web': .*}" aaforge load --force svc/web.yaml
	same "$1: what becomes of the program" "$2" "$(label)"
	printf web >$securityfs/.remove
}
neither='the kernel would attach neither, and the program would run unconfined'
other='the kernel would attach that one'

# Loaded, without a file.
dist there /usr/bin/web >/tmp/there
load /tmp/there
nothing_changes "loaded" "the loaded profile 'there' attaches to '/usr/bin/web' as well: $neither; 'aaforge unload there' takes that one out of the kernel"
forced "loaded" unconfined "warning: 'web': .*$neither"
dist there '/usr/bin/{web,xxx}' 'flags=(complain)' >/tmp/there
load /tmp/there
conflict "alternatives, in complain mode" "the loaded profile 'there' attaches to '/usr/bin/web' as well: $neither"
forced "alternatives, in complain mode" unconfined
dist there /usr/bin/web 'flags=(unconfined)' >/tmp/there
load /tmp/there
conflict "in unconfined mode" "the loaded profile 'there' .*: $neither"
forced "in unconfined mode" unconfined
printf '/usr/bin/web { /** rwmix, }\n' >/tmp/named
load /tmp/named
unload there
conflict "its name is the program" "the loaded profile '/usr/bin/web' attaches to '/usr/bin/web' as well: $other"
forced "its name is the program" "/usr/bin/web (enforce)"
unload /usr/bin/web
# A less exact one is none.
dist there '/usr/bin/w*' >/tmp/there
load /tmp/there
ok "a pattern is no rival" aaforge load svc/web.yaml
same "a pattern is no rival" "web (enforce)" "$(label)"
unload there web
# Nor are children, other namespaces, and profiles that attach to nothing.
printf 'profile p { profile /usr/bin/web { /** rwmix, } ^web { /** rwmix, } }\nprofile q { /** rwmix, }\n' >/tmp/there
load /tmp/there
dist there /usr/bin/web >/tmp/there
ok "into a namespace" aaforge load --namespace tenant /tmp/there
ok "those of others are no rivals" aaforge load svc/web.yaml
same "attached" "web (enforce)" "$(label)"
exits "within the namespace it is one" 1 aaforge load --namespace tenant svc/web.yaml
matches "which" "the loaded profile 'there' .*$neither" "$output"
unload web p q
rmdir $securityfs/policy/namespaces/tenant
# Ours, of another description.
describe twin '/usr/bin/w{e,a}b' >/tmp/twin.yaml
ok "another of ours" aaforge install /tmp/twin.yaml
conflict "ours" "the loaded profile 'twin' \\('$P/twin'\\) .*$neither; 'aaforge remove twin' takes that one away"
ok "removed" aaforge remove twin
# Patterns of ours.
mkdir /usr/lib/many
cp /usr/bin/bash /usr/lib/many/one
describe many '/usr/lib/many/*' >/tmp/many.yaml
dist there '/usr/lib/many/on*' >/tmp/there
load /tmp/there
exits "two patterns" 1 aaforge load /tmp/many.yaml
matches "why" "'many': the loaded profile 'there' attaches to '/usr/lib/many/on.*' as well: $other" "$output"
says "forced" warning aaforge load --force /tmp/many.yaml
same "so it is" "there (enforce)" "$(label /usr/lib/many/one)"
unload many there
dist there '/usr/lib/many/**' >/tmp/there
load /tmp/there
exits "two that are alike" 1 aaforge load /tmp/many.yaml
matches "why" "'many': the loaded profile 'there' .*$neither" "$output"
says "forced" warning aaforge load --force /tmp/many.yaml
same "so it is" unconfined "$(label /usr/lib/many/one)"
unload many there

# The file that will be loaded at boot; its variables and its own.
dist dist @{exec_path} | sed '1a @{exec_path}=@{sbin_or_bin}/web\n@{sbin_or_bin}=/usr/bin /usr/sbin' >$P/usr.bin.web
apparmor_parser -QK $P/usr.bin.web || cat $P/usr.bin.web
nothing_changes "at boot" "the profile 'dist' of '$P/usr.bin.web', which is loaded at boot, attaches to '/usr/bin/web' as well: $neither; 'aaforge install --replace-distribution usr.bin.web' puts that file aside"
mkdir -p $P/disable
ln -s $P/usr.bin.web $P/disable/
ok "a disabled one is no rival" aaforge install -n svc/web.yaml
rm $P/disable/usr.bin.web
load $P/usr.bin.web
conflict "at boot and loaded" "the loaded profile 'dist' \\('$P/usr.bin.web'\\) .*$neither; .*--replace-distribution usr.bin.web' puts"
same "the other is there all the same" "dist (enforce)" "$(label)"

# Put aside, and brought back.
before=$(all_of)
exits "a file that does not exist" 1 aaforge install --replace-distribution nope svc/web.yaml
exits "a file that disputes nothing" 1 sh -c "echo 'profile calm /usr/bin/calm { }' >$P/calm
	aaforge install --replace-distribution calm --replace-distribution usr.bin.web svc/web.yaml"
matches "which" "calm' brings no profile that attaches" "$output"
rm $P/calm
exits "a directory" 1 aaforge install --replace-distribution tunables svc/web.yaml
exits "elsewhere" 1 aaforge install --replace-distribution /etc/passwd svc/web.yaml
same "nothing was changed" "$before" "$(all_of)"
says "put aside" "note: '$P/usr.bin.web' is put aside" aaforge install --replace-distribution $P/usr.bin.web svc/web.yaml
same "as administrators do" ../usr.bin.web "$(readlink $P/disable/usr.bin.web)"
same "it is ours that attaches" "web (enforce)" "$(label)"
same "the other has left the kernel" "" "$(mode_of dist)"
says "as a boot does, or an upgrade of its package" 'Skipping profile' apparmor_parser -r -T -W $P/usr.bin.web
same "it stays away" "web (enforce)" "$(label)"
says "again" '^nothing to do' aaforge install svc/web.yaml
says "and sync" '^nothing to do' aaforge sync svc
exits "already away" 1 aaforge install --replace-distribution usr.bin.web svc/web.yaml
describe web /usr/bin/web 'writable: [/srv]' >svc/web.yaml
says "a change" '1 changed' aaforge sync svc
ok "it stays aside" test -L $P/disable/usr.bin.web
# Somebody loads it in spite of that.
load <$P/usr.bin.web
same "nobody attaches" unconfined "$(label)"
exits "sync says so" 1 aaforge sync svc
matches "why" "'web': the loaded profile 'dist' .*$neither; 'aaforge unload dist'" "$output"
ok "taken out" aaforge unload dist
says "removed" "note: '$P/usr.bin.web' is back" aaforge remove web
same "as it was" "$before" "$(all_of)"
same "the distribution's attaches" "dist (enforce)" "$(label)"

# In use.
mkfifo /tmp/fifo
/usr/bin/web -c 'read -r line </tmp/fifo; :' &
task=$!
until_true 5 labelled $task "dist (enforce)"
says "in use" "warning: 'dist' stays in the kernel, as process $task \\(web\\) is confined by it" aaforge install --replace-distribution usr.bin.web svc/web.yaml
same "until then" unconfined "$(label)"
kill $task
wait $task
ok "then" aaforge unload dist
same "it is ours" "web (enforce)" "$(label)"
# An administrator's own link is his.
rm $P/disable/usr.bin.web
ln -s $P/usr.bin.web $P/disable/usr.bin.web
says "removed" '^- web' aaforge remove web
ok "his link stays" test -L $P/disable/usr.bin.web
same "nothing attaches" unconfined "$(label)"
load <$P/usr.bin.web
ok "disabled by him, but loaded" aaforge install --replace-distribution usr.bin.web svc/web.yaml
same "ours" "web (enforce)" "$(label)"
ok "removed" aaforge remove web
ok "his link stays" test -L $P/disable/usr.bin.web
same "and what he had disabled is not loaded" "" "$(mode_of dist)"
rm -r $P/disable $P/usr.bin.web

# The same name.
dist coll /usr/bin/coll >$P/usr.bin.coll
describe coll /usr/bin/web >svc/web.yaml
exits "the same name" 1 aaforge install svc/web.yaml
matches "why" "'coll': '$P/usr.bin.coll' defines a profile of that name as well: .*; 'aaforge install --replace-distribution usr.bin.coll' .*--force goes on" "$output"
ok "no text was written" test ! -e $P/coll
load $P/usr.bin.coll
exits "loaded, too" 1 aaforge install svc/web.yaml
says "forced" "warning: 'coll': '$P/usr.bin.coll' defines a profile of that name" aaforge install --force svc/web.yaml
ok "removed" aaforge remove coll
load $P/usr.bin.coll
sed 's/^name: .*/name: coll/' svc/web.yaml >/tmp/coll.yaml
says "put aside, over what is loaded" 'put aside' aaforge install --replace-distribution usr.bin.coll svc/web.yaml
same "ours" "coll (enforce)" "$(label)"
says "removed" "usr.bin.coll' is back" aaforge remove coll
same "theirs is loaded" enforce "$(mode_of coll)"
same "and ours is not" unconfined "$(label)"
