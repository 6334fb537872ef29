#!/bin/sh
# One check that holds, and each kind of check that does not.
. /vm/lib.sh
ok "holds" true
ok "planted: ok" false
says "planted: says" '^yes$' echo no
says "planted: says, by status" yes sh -c 'echo yes; exit 1'
refused "planted: refused" . sh -c 'echo done'
refused "planted: refused, by its words" 'denied' sh -c 'echo missing; exit 1'
refused "planted: refused, by a signal" . sh -c 'echo denied; kill -SEGV $$'
exits "planted: exits" 3 sh -c 'exit 4'
same "planted: same" a b
matches "planted: matches" '^a' b
logged "planted: logged" 'DENIED'
echo 'apparmor="DENIED" planted' >/dev/kmsg
not_logged "planted: not_logged" 'DENIED'
probes unconfined ENOENT read:/etc/passwd
