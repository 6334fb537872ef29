# For the cases with container engines: `. /vm/engines/lib.sh`, then the functions in the order of this
# file. $engine is the command, docker or podman.
#
# The container's process tries at its start what the image's command says; its output is in the logs.
. /vm/lib.sh

sample=/w/samples/docker-api.yaml
loose=/vm/engines/loose.yaml
allowed="create:/tmp/new create:/run/new copy:/app:/tmp/app"
# Each is refused by one control alone, which the errno tells: a root without writes, noexec, no
# capability, no new privileges, the seccomp filter, the profile.
forbidden_EROFS="create:/srv/new"
forbidden_EACCES="exec:/tmp/app read:/etc/shadow socket:inet6:stream"
forbidden_EPERM="chown:/tmp/new setuid:0 call:userfaultfd"

load_modules() {
	local module name
	for module in /vm/modules/*.ko; do
		name=${module##*/[0-9][0-9]-}
		grep -q "^${name%.ko} " /proc/modules || insmod "$module"
	done
}

# The program is root's and setuid, and every file can be read by all, so that only what the container
# is started with stands in the way.
import_image() {
	local root=/tmp/image words
	mkdir -p $root/etc $root/usr/lib $root/lib $root/srv $root/tmp $root/run &&
		chmod 1777 $root/tmp $root/run $root/srv &&
		echo "shadow of the container" >$root/etc/shadow &&
		cp /app $root/app &&
		chmod 4755 $root/app &&
		tar -C $root -cf /tmp/image.tar . || return
	words=$(printf '"%s",' $allowed $forbidden_EROFS $forbidden_EACCES $forbidden_EPERM serve:8080)
	$engine import --change 'ENTRYPOINT ["/app"]' --change "CMD [${words%,}]" /tmp/image.tar \
		"$(sed -n 's/^  image: //p' $sample)"
}

# emitted DESCRIPTION: runs what aaforge says, as it stands.
emitted() {
	aaforge compile --to "$engine" "$1" >/tmp/emitted 2>/tmp/said || return
	sh /tmp/emitted
}

# started NAME DESCRIPTION: its process in $pid, what it tried in $output.
started() {
	ok "$1: it is started" emitted "$2" || return
	pid=$($engine inspect --format '{{.State.Pid}}' "$1")
	ok "$1: it serves" until_true 10 is_serving
	attempt $engine logs "$1"
}

# It does so when all else has been tried.
is_serving() {
	nsenter -t "$pid" -n nc 127.0.0.1 8080 </dev/null | grep -q served
}

# state FIELD: of /proc/$pid/status.
state() {
	sed -n "s/^$1:[[:space:]]*//p" "/proc/$pid/status" | tr '\t' ' '
}

# options_of PATH: how it is mounted for $pid, and the file system's own options behind a blank.
options_of() {
	awk -v path="$1" '$5 == path { print "," $6 ",", $(NF - 2) == "tmpfs" ? "," $NF "," : "" }' \
		"/proc/$pid/mountinfo"
}

# is_mounted PATH OPTION …: with all of these.
is_mounted() {
	local path=$1 option options
	options=$(options_of "$path")
	shift
	for option in "$@"; do
		matches "$engine: $path is mounted $option" ",$option," "$options"
	done
}

# What the kernel says of the sample's process.
is_hardened() {
	same "$engine: uid" "10001 10001 10001 10001" "$(state Uid)"
	same "$engine: gid" "10001 10001 10001 10001" "$(state Gid)"
	for set in CapInh CapPrm CapEff CapBnd CapAmb; do
		same "$engine: no capability in $set" 0000000000000000 "$(state $set)"
	done
	same "$engine: no new privileges" 1 "$(state NoNewPrivs)"
	same "$engine: a seccomp filter" 2 "$(state Seccomp)"
	same "$engine: confined" "docker-api-profile (enforce)" "$(label_of "$pid")"
	is_mounted / ro
	is_mounted /tmp rw noexec nosuid nodev size=131072k
	is_mounted /run rw noexec nosuid nodev size=1024k
	for path in /tmp /run; do
		matches "$engine: $path is the user's own" "^10001:10001 $directory_mode\$" \
			"$(stat -c '%u:%g %a' "/proc/$pid/root$path")"
	done
}

# And of the loose one's.
is_loose() {
	same "$engine: loose: setuid has its effect" "10001 0 0 0" "$(state Uid)"
	same "$engine: loose: the capability that is asked for, no other" 0000000000000001 "$(state CapBnd)"
	same "$engine: loose: it is effective" 0000000000000001 "$(state CapEff)"
	same "$engine: loose: new privileges" 0 "$(state NoNewPrivs)"
	same "$engine: loose: no filter" 0 "$(state Seccomp)"
	same "$engine: loose: confined" "engines-loose (enforce)" "$(label_of "$pid")"
	matches "$engine: loose: the root can be written to" "^,rw," "$(options_of /)"
	same "$engine: loose: exec from /tmp" "" "$(options_of /tmp | grep noexec)"
}

stopped() {
	$engine stop "$1" && $engine rm "$1"
}

# What the directories in memory are to have.
directory_mode=755

# The whole case: before the profile is loaded, and after; then the opposite.
hardened_run() { # MESSAGE of the engine where the profile is not loaded
	ok "$engine: the image" import_image
	refused "$engine: lookup knows before" 'not loaded' aaforge lookup --runtime "$engine" $sample
	refused "$engine: no container where the profile is not loaded" "$1" emitted $sample
	echo "$output"
	$engine rm -f docker-api-profile >/dev/null 2>&1

	ok "$engine: the profile is loaded" aaforge load $sample
	name=$(aaforge lookup --runtime "$engine" $sample)
	same "$engine: lookup gives the name" "0 docker-api-profile" "$? $name"
	forget_audit
	started docker-api-profile $sample || return
	results "$engine" ok $allowed
	results "$engine" EROFS $forbidden_EROFS
	results "$engine" EACCES $forbidden_EACCES
	results "$engine" EPERM $forbidden_EPERM
	is_hardened
	logged "$engine: the profile refuses IPv6" 'DENIED.*family="inet6"'
	not_logged "$engine: it is not the profile that refuses the rest" \
		'name="(/tmp|/srv|/run)|operation="capable"'
	ok "$engine: lookup knows that it is confined" aaforge lookup --pid "$pid" $sample
	refused "$engine: the profile is not unloaded under it" "$pid" aaforge unload docker-api-profile
	ok "$engine: it can be stopped" stopped docker-api-profile
	ok "$engine: the profile is unloaded" aaforge unload docker-api-profile

	ok "$engine: loose: the profile is loaded" aaforge load $loose
	started engines-loose $loose || return
	results "$engine: loose" ok $allowed $forbidden_EROFS $forbidden_EACCES $forbidden_EPERM
	is_loose
	ok "$engine: loose: it can be stopped" stopped engines-loose
}
