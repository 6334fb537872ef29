#!/bin/sh
# aaforge load: what it takes, what it changes, what it says, and that it is all or nothing.
# time limit: 90 s
. /vm/lib.sh

profile=docker-api-profile
sample=samples/docker-api.yaml
features=$securityfs/features

# What the kernel holds: names, modes, and the hash of each.
policy() {
	sort $securityfs/profiles
	cat $securityfs/policy/profiles/*/sha* 2>/dev/null # none, at first
}

# unchanged WHAT STATUS PATTERN COMMAND …: it fails with that status, says so, and changes nothing.
unchanged() {
	local what=$1 wanted=$2 pattern=$3 before
	shift 3
	before=$(policy)
	exits "$what" "$wanted" "$@"
	matches "$what: the words" "$pattern" "$output"
	same "$what: the kernel's policy stays" "$before" "$(policy)"
}

# A description.
unchanged "dry run" 0 "^\+ $profile  \($sample\)\$" aaforge load -n $sample
says "a description is loaded" "^\+ $profile  \($sample\)\$" aaforge load $sample
same "it enforces" enforce "$(mode_of $profile)"
ok "it is recorded" test -s /run/aaforge/loaded/$profile
unchanged "a second time" 0 "^= $profile  " aaforge load $sample
matches "there is nothing to do" '^nothing to do' "$output"
unchanged "a second time, as JSON" 0 '^\{"changed":false,.*"action":"same"' aaforge load --json $sample
says "mode complain" "^~ $profile  \($sample; complain\)\$" aaforge load --complain $sample
same "it complains" complain "$(mode_of $profile)"
says "the changed mode, as JSON" '^\{"changed":true,"dry_run":false,"profiles":\[\{"name":"'$profile'","action":"changed","mode":"enforce"' \
	aaforge load --json $sample
same "it enforces again" enforce "$(mode_of $profile)"
says "from standard input" '^= ' sh -c "aaforge load - <$sample"

# Texts: several profiles, children, a change of one, a child that goes.
cat >/tmp/two <<'X'
profile one { /x r, profile child { /y r, } }
profile two { /z r, }
X
says "a profile text" '^\+ one  \(/tmp/two\)$' aaforge load /tmp/two
same "its profiles" "one (enforce) one//child (enforce) two (enforce) " "$(grep -v docker $securityfs/profiles | sort | tr '\n' ' ')"
sed 's,/z r,/z rw,' /tmp/two >/tmp/changed
says "one of its profiles changed" '^~ two ' aaforge load /tmp/changed
matches "the other did not" '^= one ' "$output"
echo 'profile one { /x r, }' >/tmp/childless
says "a profile loses its child" '^~ one ' aaforge load /tmp/childless
same "the child has left the kernel" "" "$(mode_of one//child)"
ok "a text in mode complain" aaforge load --complain /tmp/two
same "its profile" complain "$(mode_of one)"
same "its child" complain "$(mode_of one//child)"

# Binaries.
apparmor_parser -M $features -QKS /tmp/two >/tmp/binary
says "a binary" '^~ one  \(/tmp/binary\)$' aaforge load /tmp/binary
same "it enforces" enforce "$(mode_of one//child)"
unchanged "the text of the binary" 0 '^nothing to do' aaforge load /tmp/two
unchanged "a binary in mode complain" 1 "'/tmp/binary' is compiled" aaforge load --complain /tmp/binary
head -c 300 /tmp/binary >/tmp/cut
unchanged "a binary that is cut off" 1 "'/tmp/cut' is no compiled policy" aaforge load /tmp/cut $sample

# Namespaces.
says "a namespace" '^\+ :tenant:one ' aaforge load --namespace tenant /tmp/two
matches "the kernel has it there" '^:tenant:one//child \(enforce\)$' "$(cat $securityfs/profiles)"
says "a description in it" "^\+ :tenant:$profile " aaforge load --namespace tenant $sample
apparmor_parser -M $features -n tenant -QKS /tmp/two >/tmp/tenant
unchanged "a binary for the namespace" 0 '^= :tenant:one ' aaforge load /tmp/tenant
unchanged "a binary for another one" 1 "compiled for another namespace, not for 'else'" aaforge load --namespace else /tmp/tenant
unchanged "a binary for none" 1 "compiled for no namespace" aaforge load --namespace tenant /tmp/binary
unchanged "a namespace in another one" 2 "lies in another one" aaforge load --namespace a//b /tmp/two

# Directories.
mkdir /tmp/texts /tmp/mixed /tmp/empty
cp /tmp/two /tmp/texts
echo '@{X}=/a' >/tmp/texts/variables
echo 'profile {' >/tmp/texts/two.dpkg-new
unchanged "a directory of texts" 0 '^= one  \(/tmp/texts/two\)$' aaforge load /tmp/texts
cp $sample /tmp/changed /tmp/mixed
unchanged "a directory with descriptions is that of them" 0 '^= docker' aaforge load /tmp/mixed
unchanged "an empty one" 1 'holds no description .* and no profile text' aaforge load /tmp/empty

# All or nothing, whoever finds the mistake.
cat >/tmp/bad <<'X'
profile bad {
  /y zz,
}
X
echo 'profile new { /x r, }' >/tmp/new
printf 'name: bad\nreadable: [x]\n' >/tmp/bad.yaml
unchanged "a text with a mistake" 1 '^/tmp/bad:2:3: error: ' aaforge load /tmp/new /tmp/bad
matches "nothing was loaded" 'nothing was loaded' "$output"
unchanged "a description with a mistake" 1 '^/tmp/bad.yaml:2:12: error: ' aaforge load /tmp/new /tmp/bad.yaml
unchanged "the same name twice" 1 "'/tmp/two' and '/tmp/childless' both hold the profile 'one'" aaforge load /tmp/two /tmp/childless /tmp/new
unchanged "a missing file" 3 "'/tmp/gone': No such file" aaforge load /tmp/new /tmp/gone
echo 'profile nobody//child { /x r, }' >/tmp/orphan
unchanged "a child without a parent" 3 'the kernel has no .nobody. for it to be a child of' aaforge load /tmp/new /tmp/orphan

# The kernel strips names: these two would be one, and crash it where it is loaded.
printf 'profile one { /y r, }\nprofile "one " { /z r, }\n' >/tmp/padded
unchanged "a name with a space behind" 1 'give it another name' aaforge load /tmp/padded
printf 'profile unconfined { /y r, }\n' >/tmp/unconfined
unchanged "a profile unconfined" 1 'give it another name' aaforge load /tmp/unconfined

# A kernel that is older than the parser: versions above 8 are new to 6.1.
cat >/tmp/parser <<'X'
#!/bin/sh
case " $* " in
*" -S "*)
	apparmor_parser "$@" >/tmp/made || exit
	printf '\011' | dd of=/tmp/made bs=1 seek=12 conv=notrunc 2>/dev/null
	cat /tmp/made
	;;
*) exec apparmor_parser "$@" ;;
esac
X
chmod +x /tmp/parser
case $(uname -r) in
6.1.*)
	says "the kernel knows no such version" 'apparmor_parser --replace loads the texts' aaforge load --parser /tmp/parser /tmp/new
	same "the text was loaded by apparmor_parser" enforce "$(mode_of new)"
	ok "it is recorded" test -s /run/aaforge/loaded/new
	ok "in mode complain" aaforge load --complain --parser /tmp/parser /tmp/new
	same "it complains" complain "$(mode_of new)"
	/tmp/parser -M $features -Q -K -S /tmp/childless >/tmp/later
	unchanged "a binary has no text to fall back on" 3 "version of the compiled policy in '/tmp/later'" aaforge load /tmp/later
	echo 'profile fresh { /x r, }' >/tmp/fresh
	unchanged "the kernel refuses one of two" 3 "version of the compiled policy in '/tmp/later'" aaforge load /tmp/fresh /tmp/later
	;;
esac

# Others had a hand in it.
echo 'profile theirs { /x r, }' >/tmp/theirs
ok "somebody loads a profile" apparmor_parser -rK /tmp/theirs
echo 'profile theirs { /y r, }' >/tmp/theirs
says "it is replaced, with a note" "note: the loaded profile 'theirs' was loaded by somebody else" aaforge load /tmp/theirs
ok "somebody changes the mode of one of ours" apparmor_parser -rKC /tmp/theirs
says "it is mended, with a note" "note: the loaded profile 'theirs' was changed since aaforge loaded it" aaforge load /tmp/theirs
same "it enforces" enforce "$(mode_of theirs)"

# Without root.
unchanged "a user" 3 'run it as root' su user -c "aaforge load $sample /tmp/new"
unchanged "a user may look" 0 '^= docker' su user -c "aaforge load -n $sample"
