#!/bin/sh
. /vm/lib.sh
printf 'profile left { profile child { } }\nprofile :space:left { }\n' >/tmp/left
ok "profiles are loaded" load /tmp/left
touch /etc/left /tmp/left
mount -t tmpfs left /tmp
aa-exec -p left//child sleep 100 &
sleep 100 &
