#!/bin/sh
. /vm/lib.sh
ok "before the panic" true
echo c >/proc/sysrq-trigger
ok "never reached" true
