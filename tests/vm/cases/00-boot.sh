#!/bin/sh
# The guest is what the other cases expect: AppArmor of a Debian kernel, and our programs.
. /vm/lib.sh

says "AppArmor is on" '^Y$' cat /sys/module/apparmor/parameters/enabled
echo "kernel $(uname -r), $(apparmor_parser --version | head -n 1)"
for feature in file/mask domain/stack network_v8/af_mask signal/mask ptrace/mask mount/mask \
	policy/versions/v8 query/label/perms; do
	says "the kernel has $feature" . cat $securityfs/features/$feature
done
same "no profile is loaded" "" "$(cat $securityfs/profiles)"
says "aaforge runs" aaforge aaforge --version

printf 'abi <abi/3.0>,\nprofile boot { /usr/bin/* rix, /usr/lib{,64}/** rm, / r, /etc/group r, }\n' >/tmp/boot
ok "a profile is loaded" apparmor_parser -rK /tmp/boot
same "it enforces" enforce "$(mode_of boot)"
says "what it allows" root confined boot cat /etc/group
refused "what it does not" 'Permission denied' confined boot cat /etc/passwd
logged "the refusal is logged" 'DENIED.* profile="boot" name="/etc/passwd"'
ok "it is unloaded" apparmor_parser -R /tmp/boot
same "and gone" "" "$(mode_of boot)"
