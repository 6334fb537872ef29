#!/bin/sh
# What the cases before left is gone.
. /vm/lib.sh
same "no profile" "" "$(cat $securityfs/profiles)"
same "no namespace" "" "$(ls $securityfs/policy/namespaces)"
same "no file" "" "$(ls /tmp /etc/left 2>/dev/null | grep left)"
same "no process" "" "$(ps | grep '[s]leep 100')"
same "no record" "" "$(audit_records)"
