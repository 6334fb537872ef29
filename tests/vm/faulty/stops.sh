#!/bin/sh
. /vm/lib.sh
ok "before it stops" true
exit 3
