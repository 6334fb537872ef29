#!/bin/bash
# Rules, denies, transitions and patterns whose path is a link, or becomes one: what is said of them is what the kernel does.
# time limit: 240 s
. /vm/lib.sh

cat >wide.profile <<'X'
abi <abi/3.0>,
profile @{name} @{attachment} {
	/** rwmix,
	signal,
	capability,
}
X
cat >narrow.profile <<'X'
abi <abi/3.0>,
profile @{name} @{attachment} {
	/{,usr/}lib*/** mr,
	/proc/** r,
	signal,
}
X
printf 'abi <abi/3.0>,\nprofile @{name} {\n\t/** rwmix,\n}\n' >image.profile

# describe NAME TEMPLATE BINARY LINE …
describe() {
	local file=$1.yaml
	printf 'name: %s\ntemplate: ./%s.profile\nbinary: %s\n' "$1" "$2" "$3" >"$file"
	shift 3
	for line; do printf '%s\n' "$line" >>"$file"; done
}

# reads WHAT WANTED PATH: what the program reads there.
reads() {
	attempt /usr/sbin/one -c 'read -r x <"$1" && echo "got $x"' one "$3"
	matches "$1" "$2" "$output"
}

# starts WHAT LABEL PROGRAM: what a program that one starts runs as.
starts() {
	same "$1" "$2" "$(/usr/sbin/one -c '"$1" -c "read -r x </proc/self/attr/current; echo \"\$x\""; :' one "$3" 2>&1)"
}

# runs_as WHAT LABEL PROGRAM: what it runs as when it is started by itself.
runs_as() {
	same "$1" "$2" "$("$3" -c 'read -r x </proc/self/attr/current; echo "$x"')"
}

quiet() { # WHAT COMMAND …
	local what=$1
	shift
	ok "$what" "$@"
	same "$what: nothing is said" "" "$(printf '%s\n' "$output" | grep -E '\[(path|program)-link\]|\[attach-first\]')"
}

cp /usr/bin/bash /usr/sbin/one
cp /usr/bin/bash /usr/sbin/two
cp /usr/bin/bash /usr/bin/real
ln -s real /usr/bin/lk
mkdir -p /srv
ln -s /run /srv/way
echo secret >/run/sock

# A deny.
describe con wide /usr/sbin/one 'deny: [/srv/way/sock rw]'
said="warning: '/srv/way/sock' leads through the symbolic link '/srv/way': the kernel sees '/run/sock', and no deny refuses the same there \[path-link\]"
says "check tells that the deny is in vain" "$said" aaforge check --root / con.yaml
matches "and what to write" "write the path '/run/sock', or '/\{srv/way,run\}/sock' for both spellings" "$output"
says "so does load" "$said" aaforge load con.yaml
reads "it is" 'got secret' /run/sock
reads "by both names" 'got secret' /srv/way/sock
for path in /run/sock '/{srv/way,run}/sock'; do
	describe con wide /usr/sbin/one "deny: ['$path rw']"
	quiet "denied as it was shown: $path" aaforge load con.yaml
	reads "in force" 'Permission denied' /run/sock
	reads "by both names" 'Permission denied' /srv/way/sock
done
describe con wide /usr/sbin/one "deny: ['/{opt,srv/way}/later rw']"
says "where nothing is yet" "the kernel sees '/run/later', and no deny" aaforge load con.yaml
echo secret >/run/later
reads "the deny stays in vain" 'got secret' /srv/way/later
describe con wide /usr/sbin/one "deny: ['/proc/net/** r']"
says "a link to each process" "the kernel sees '/proc/\[0-9\]\*/net/\*\*', and no deny" aaforge load con.yaml
reads "in vain, too" 'got ' /proc/net/dev
describe con wide /usr/sbin/one "deny: ['/proc/[0-9]*/net/** r']"
quiet "denied as it was shown" aaforge load con.yaml
reads "in force" 'Permission denied' /proc/net/dev
aaforge unload -q con

# The tree of an image.
mkdir -p image/run image/srv image/usr/bin
cp /app image/usr/bin/app
ln -s /run image/srv/way
describe con image /usr/bin/app 'deny: [/srv/way/sock rw]'
says "an image" "the kernel sees '/run/sock', and no deny" aaforge check --root image con.yaml
rm image/srv/way
quiet "one without the link" aaforge check --root image con.yaml

# A rule that allows.
mkdir -p /srv
echo text >/srv/real.conf
ln -s real.conf /srv/lk.conf
describe con narrow /usr/sbin/one 'rules: [/srv/lk.conf r]'
says "a rule" "'/srv/lk.conf' is a symbolic link to 'real.conf': the kernel sees '/srv/real.conf', and no rule allows the same there" aaforge load con.yaml
reads "nothing is allowed" 'Permission denied' /srv/lk.conf
describe con narrow /usr/sbin/one "rules: ['/srv/{lk.conf,real.conf} r']"
quiet "allowed as it was shown" aaforge load con.yaml
reads "in force" 'got text' /srv/lk.conf

# Transitions.
child='children: {c: {template: ./narrow.profile, binary: /usr/bin/real}}'
describe con narrow /usr/sbin/one 'exec: [/usr/bin/real, {path: /usr/bin/lk, as: child c}]' "$child"
refused "a child for a link to what is inherited" "'/usr/bin/lk' is a symbolic link to 'real': the kernel sees '/usr/bin/real', and another rule starts that otherwise, by 'ix' \[program-link\]" \
	aaforge load con.yaml
ok "loaded all the same" aaforge load -q -W program-link con.yaml
starts "the link is not in force" "con (enforce)" /usr/bin/lk
describe con narrow /usr/sbin/one 'exec: [{path: /usr/bin/real, as: child c}, {path: /usr/bin/lk, as: child c}]' "$child"
quiet "both under the child" aaforge load con.yaml
starts "they are" "con//c (enforce)" /usr/bin/lk
starts "both" "con//c (enforce)" /usr/bin/real
describe con narrow /usr/sbin/one 'exec: [{path: /usr/bin/lk, as: child c}]' "rules: ['/usr/bin/re* Cx -> c']" "$child"
quiet "by a pattern" aaforge load con.yaml
starts "it is" "con//c (enforce)" /usr/bin/lk
describe con narrow /usr/sbin/one 'exec: [/usr/bin/real, {path: /usr/bin/lk, as: child c}]' "rules: ['/usr/bin/re* Cx -> c']" "$child"
refused "what is exact stands before the pattern" "by 'ix' \[program-link\]" aaforge load con.yaml
ok "loaded all the same" aaforge load -q -W program-link con.yaml
starts "so it does" "con (enforce)" /usr/bin/lk
aaforge unload -q con

# Several programs: the first is the attachment.
describe con wide '[/usr/sbin/one, /usr/sbin/two]'
said="warning: '/usr/sbin/two' started by itself does not get this profile: the kernel attaches it to the first program only \[attach-first\]"
says "check tells that the second is not attached to" "$said" aaforge check con.yaml
says "so does load" "$said" aaforge load con.yaml
matches "and what to write" "write '/usr/sbin/\{one,two\}' in the place of the first" "$output"
runs_as "the first" "con (enforce)" /usr/sbin/one
runs_as "the second" unconfined /usr/sbin/two
describe con wide "'/usr/sbin/{one,two}'"
quiet "written as it was shown" aaforge load con.yaml
runs_as "the first" "con (enforce)" /usr/sbin/one
runs_as "the second" "con (enforce)" /usr/sbin/two
ln -s two /usr/sbin/second
describe con wide '["/usr/sbin/{one,two}", /usr/sbin/second]'
quiet "a link to what is attached to" aaforge load con.yaml
runs_as "it is confined" "con (enforce)" /usr/sbin/second
rm /usr/sbin/second
mv /usr/sbin/two /usr/sbin/second
ln -s second /usr/sbin/two
describe con wide "'/usr/sbin/{one,two}'"
refused "one of two that is a link" "of '/usr/sbin/\{one,two\}', '/usr/sbin/two' is a symbolic link to 'second'.*\[program-link\]" aaforge load con.yaml
refused "status says so, too" "not in force.*'/usr/sbin/two' is a link to '/usr/sbin/second'" aaforge status con
runs_as "it is not confined" unconfined /usr/sbin/two
aaforge unload -q con

# A pattern whose programs change.
mkdir -p /opt/pp /opt/v2
cp /usr/bin/bash /opt/pp/lang3.11
describe pat wide '"/opt/pp/lang3.*"'

holds() { # WHAT: the pattern is in force
	runs_as "$1: it runs confined" "pat (enforce)" /opt/pp/lang3.11
	says "$1: status" '^pat +enforce +current' aaforge status pat
	says "$1: lookup" '^pat$' aaforge lookup pat
}

fails() { # WHAT PATTERN: it is not, and why
	refused "$1: status" "^pat +enforce +not in force.*$2" aaforge status pat
	matches "$1: status as JSON" '"state": *"not in force"' "$(aaforge status --json pat)"
	refused "$1: lookup" "$2" aaforge lookup pat
	refused "$1: lookup of the file" '' aaforge lookup pat.yaml
	[ "$how" = install ] || refused "$1: doctor" "$2" aaforge doctor
}

for how in load install; do
	ok "$how" aaforge $how -q pat.yaml
	holds "$how"
	mv /opt/pp/lang3.11 /opt/v2
	ln -s /opt/v2/lang3.11 /opt/pp/lang3.11
	runs_as "a link in its place: it runs free" unconfined /opt/pp/lang3.11
	fails "a link in its place" "'/opt/pp/lang3.11' is a link to '/opt/v2/lang3.11', which the kernel sees instead"
	cp /usr/bin/bash /opt/pp/lang3.12
	says "another one beside it" '^pat +enforce +current' aaforge status pat
	runs_as "it is confined" "pat (enforce)" /opt/pp/lang3.12
	rm /opt/pp/lang3.12 /opt/pp/lang3.11
	fails "nothing is left" 'there is no program that it attaches to'
	mv /opt/pp /opt/real
	cp /opt/v2/lang3.11 /opt/real
	ln -s real /opt/pp
	fails "the directory is a link" "'/opt/pp/lang3.11' is a link to '/opt/real/lang3.11'"
	runs_as "it runs free" unconfined /opt/pp/lang3.11
	rm /opt/pp
	mv /opt/real /opt/pp
	rm -r /opt/v2
	mkdir /opt/v2
	holds "as before"
	if [ $how = load ]; then aaforge unload -q pat; else aaforge remove -q pat; fi
done
rm -rf /opt/pp /opt/v2 /usr/sbin/one /usr/sbin/two /usr/sbin/second /usr/bin/real /usr/bin/lk /srv/real.conf /srv/lk.conf
