#!/bin/sh
# aaforge lookup in all its answers, as root and as a user: what it says is what happens.
# time limit: 90 s
. /vm/lib.sh

profile=docker-api-profile
sample=samples/docker-api.yaml

# yes WHAT OPERAND …: nothing but the name on standard output, status 0.
yes() {
	local what=$1
	shift
	answer=$(aaforge lookup "$@" 2>/tmp/said)
	same "$what" "0 $profile" "$? $answer"
}

# no WHAT ID OPERAND …: status 1, nothing on standard output, the reason with its id, a mend.
no() {
	local what=$1 id=$2
	shift 2
	answer=$(aaforge lookup "$@" 2>/tmp/said)
	same "$what" "1 " "$? $answer"
	matches "$what: the reason" "\\[$id\\]\$" "$(cat /tmp/said)"
}

as_user() {
	busybox su user -c "XDG_CACHE_HOME=/tmp/cache-user $*"
}

# The same two for a user.
user_yes() {
	answer=$(as_user aaforge lookup "$2" 2>/tmp/said)
	same "user: $1" "0 $profile" "$? $answer"
}

user_no() {
	answer=$(as_user aaforge lookup "$3" 2>/tmp/said)
	same "user: $1" "1 " "$? $answer"
	matches "user: $1: the reason" "\\[$2\\]\$" "$(cat /tmp/said)"
}

no "not loaded" profile-not-loaded $sample
user_no "not loaded" profile-not-loaded $sample
ok "it is loaded" aaforge load -q $sample
yes "by its name" $profile
yes "by its description" $sample
user_yes "by its name" $profile
user_yes "by its description" $sample
no "a slip" profile-not-loaded docker-api-profil
matches "the name that was meant" "did you mean '$profile'" "$(cat /tmp/said)"
no "a word of runtimes" reserved-name unconfined
no "a prefix of Kubernetes" prefix localhost/$profile

# The file's name in the place of the profile's.
printf 'abi <abi/3.0>,\nprofile inner /x { /y r, }\n' >/etc/apparmor.d/outer
no "a file's name" file-name outer
matches "the name in it" "'inner'" "$(cat /tmp/said)"
rm /etc/apparmor.d/outer
cp $sample docker.yaml
no "a description's name" file-name docker
rm docker.yaml

# What is loaded is not what the file says.
sed 's,/etc/shadow,/etc/gshadow,' $sample >/tmp/other.yaml
no "another description" other-policy /tmp/other.yaml
user_no "another description" other-policy /tmp/other.yaml
aaforge load -q --complain $sample
no "mode complain" mode-complain $profile
no "mode complain, by the description" mode-complain $sample
user_no "mode complain" mode-complain $profile
aaforge load -q $sample
aaforge load -q --namespace tenant $sample
aaforge unload -q $profile
no "only in a namespace" other-namespace $profile

# By the image of a container.
aaforge load -q $sample
mkdir -p /etc/aaforge
{
	cat $sample
	printf 'container:\n  image: registry.example/api:1.2\n'
} >/etc/aaforge/api.yaml
if grep -q '^container:' $sample; then sed -i '/^container:/,$d' /etc/aaforge/api.yaml && printf 'container:\n  image: registry.example/api:1.2\n' >>/etc/aaforge/api.yaml; fi
yes "by the image" registry.example/api:1.2
no "another tag" no-image registry.example/api:1.3
rm -r /etc/aaforge

# A process.
aa-exec -p $profile -- /app sleep:60 &
until_true 5 labelled $! "$profile (enforce)"
yes "a confined process" --pid $! $sample
no "an unconfined one" task-unconfined --pid 1 $sample
kill -KILL $! 2>/dev/null

# The kernel does not enforce anything, which only root can read.
printf complain >/sys/module/apparmor/parameters/mode
no "the kernel in complain" kernel-mode $profile
user_no "the kernel in complain" kernel-mode $profile
printf enforce >/sys/module/apparmor/parameters/mode
printf 'profile open { file, signal, }\n' | apparmor_parser -r
user_no "a profile that tells nothing of it" kernel-mode-unsure open
user_yes "a profile that does" $profile

# The kernel's list is closed to users: a child tries the profile on.
chmod 0700 $securityfs/policy
user_no "without securityfs what we loaded cannot be compared" policy-not-seen $profile
same "unless --any" "$profile" "$(as_user aaforge lookup --any $profile 2>/dev/null)"
user_no "without securityfs, not loaded" profile-not-loaded nothing
user_no "without securityfs, the policy cannot be compared" policy-not-seen $sample
aaforge load -q --complain $sample
user_no "without securityfs, mode complain" mode-complain $profile
chmod 0755 $securityfs/policy
aaforge load -q $sample

# Docker looks for the parser in one place only; crun does not care.
mount -t tmpfs tmpfs /usr/sbin
no "docker without /sbin/apparmor_parser" runtime-parser --runtime docker $profile
yes "crun without it" --runtime crun $profile
umount /usr/sbin

umount /sys/kernel/security
no "securityfs is not mounted" securityfs-missing $profile
mount -t securityfs securityfs /sys/kernel/security
