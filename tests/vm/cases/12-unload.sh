#!/bin/sh
# aaforge unload: what it removes, when it refuses, and what it says.
. /vm/lib.sh

profile=docker-api-profile
sample=samples/docker-api.yaml
cat >/tmp/two <<'X'
profile one { /** rix, profile child { /** rix, signal, } }
profile two { /** rix, signal, }
X

names() {
	sed 's/ .*//' $securityfs/profiles | sort | tr '\n' ' '
}

ready() {
	ok "the profiles are loaded" aaforge load $sample /tmp/two
	same "all of them" "$profile one one//child two " "$(names)"
}

ready
says "by name" '^- two$' aaforge unload two
same "it is gone" "$profile one one//child " "$(names)"
ok "its record, too" test ! -e /run/aaforge/loaded/two
exits "it is not loaded" 1 aaforge unload two
says "the parent" '^- one$' aaforge unload one
same "the child went with it" "$profile " "$(names)"
exits "a name that is nearly one" 1 aaforge unload docker-api-profil
matches "the nearest" "did you mean '$profile'\?" "$output"
says "by a description" "^- $profile  \($sample\)\$" aaforge unload $sample
same "nothing is left" "" "$(names)"

ready
says "only the child" '^- one//child$' aaforge unload one//child
same "the parent stays" "$profile one two " "$(names)"
ready
says "by a text, a child and its parent at once" '^3 profiles unloaded$' aaforge unload /tmp/two one//child one $sample
same "nothing is left" "" "$(names)"
ready
apparmor_parser -M $securityfs/features -QKS /tmp/two >/tmp/binary
says "by a binary" '^- two  \(/tmp/binary\)$' aaforge unload /tmp/binary
printf "name: $profile\nreadable: [x]\n" >/tmp/broken.yaml
says "by a description that does not compile" "^- $profile " aaforge unload /tmp/broken.yaml
same "nothing is left" "" "$(names)"

ready
exits "one of two is not loaded" 1 aaforge unload two nope
matches "nothing was unloaded" '^aaforge: nothing was unloaded$' "$output"
says "dry run" '^- two$' aaforge unload -n two
says "as JSON" '^\{"changed":true,"dry_run":true,"profiles":\[\{"name":"two","action":"gone","mode":"enforce"\}\]\}$' aaforge unload -n --json two
same "all are there" "$profile one one//child two " "$(names)"

# Namespaces.
ok "in a namespace" aaforge load --namespace tenant /tmp/two
says "with --namespace" '^- :tenant:two$' aaforge unload --namespace tenant two
says "with its label" '^- :tenant:one$' aaforge unload :tenant:one
exits "no more" 1 aaforge unload :tenant:one
matches "where it is" "':tenant:one' is not loaded; there is 'one'" "$output"
same "the others are there" "$profile one one//child two " "$(names)"

# Tasks.
aa-exec -p two -- sleep 60 &
task=$!
until_true 5 labelled $task "two (enforce)"
aa-exec -p one//child -- sleep 60 &
child=$!
until_true 5 labelled $child "one//child (enforce)"
exits "a confined task" 1 aaforge unload two
matches "its pid and command" "^  $task  sleep\$" "$output"
exits "confined by a child" 1 aaforge unload one $profile
matches "its pid and command" "^  $child  sleep\$" "$output"
same "all are there" "$profile one one//child two " "$(names)"
same "it stays confined" "two (enforce)" "$(label_of $task)"
for i in 1 2 3 4 5 6 7 8 9 10 11; do
	aa-exec -p two -- sleep 60 &
	until_true 5 labelled $! "two (enforce)"
done
exits "many tasks" 1 aaforge unload two
matches "not all are told" '^  and 2 more$' "$output"
says "forced" '^- two  \(12 tasks unconfined then\)$' aaforge unload --force two
same "a task goes on unconfined" unconfined "$(label_of $task)"
same "the other does not" "one//child (enforce)" "$(label_of $child)"
same "it is gone" "$profile one one//child " "$(names)"

exits "a user" 3 su user -c "aaforge unload $profile"
matches "the words" 'run it as root' "$output"
