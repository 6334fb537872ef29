#!/bin/sh
# time limit: 100 s
. /vm/lib.sh
ok "before it is stuck" true
sleep 100
