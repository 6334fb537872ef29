#!/bin/sh
# A deny of a path below a link is a hole, the compiler says so before it is loaded, and what it advises closes the hole.
# time limit: 60 s
. /vm/lib.sh

# Everything is allowed but what is denied; without abstractions, which apparmor_parser takes long for.
printf 'abi <abi/3.0>,\nprofile @{name} {\n\tfile,\n\tsignal,\n}\n' >open.profile
busybox=/usr/bin/busybox
same "/bin is a link" /usr/bin "$(readlink -f /bin)"
same "/lib is a link" /usr/lib "$(readlink -f /lib)"
[ -e /var/run ] || ln -s /run /var/run
same "/var/run is a link" /run "$(readlink -f /var/run)"

# denies DENY …: the description with these.
denies() {
	printf 'name: links\ntemplate: ./open.profile\nbinary: /usr/bin/bash\ndeny:\n' >links.yaml
	printf '  - "%s"\n' "$@" >>links.yaml
}

inside() {
	confined links /usr/bin/bash -c "$1"
}

try() { # ok|refused, what is said of them
	$1 "$2: a program is executed" ${3:+"$3"} inside '/usr/bin/busybox true'
	$1 "$2: and by the link" ${3:+"$3"} inside '/bin/busybox true'
	$1 "$2: a library is made" ${3:+"$3"} inside ': >/usr/lib/zzz'
	$1 "$2: and by the link" ${3:+"$3"} inside ': >/lib/zzz'
	$1 "$2: a socket's file is written" ${3:+"$3"} inside ': >>/run/docker.sock'
	$1 "$2: and by the link" ${3:+"$3"} inside ': >>/var/run/docker.sock'
}

denies '/bin/busybox mrwx' '/lib/** w' '/var/run/docker.sock rw'
refused "a deny of a link is refused" '\[linked-deny\]' aaforge load links.yaml
same "each" 3 "$(aaforge check links.yaml 2>&1 | grep -c '\[linked-deny\]')"
same "and nothing is loaded" "" "$(mode_of links)"
ok "loaded all the same" aaforge load -W linked-deny links.yaml
try ok "a hole"

denies '/{,usr/}bin/busybox mrwx' '/{,usr/}lib/** w' '/run/docker.sock rw'
ok "what the help advises" aaforge load links.yaml
same "nothing is said of it" "" "$(aaforge check links.yaml 2>&1 | grep '\[linked')"
try refused "closed" 'Permission denied'
ok "other programs are executed" inside '/usr/bin/bash -c :'

denies '/bin/busybox mrwx' '/usr/bin/busybox mrwx' '/{lib,usr/lib}/** w' '@{run}/docker.sock rw'
sed -i 's/^abi.*/&\n@{run}=\/run\/ \/var\/run\//' open.profile
ok "both spellings" aaforge load links.yaml
try refused "closed by both" 'Permission denied'

# Where /bin is a directory, as in an image of Alpine, the advice holds as well.
denies '/{,usr/}bin/busybox mrwx'
mkdir -p /other/bin /other/usr/lib
cp $busybox /other/bin/busybox
printf 'name: links\ntemplate: ./open.profile\nbinary: /usr/bin/bash\ndeny:\n  - "/other/{,usr/}bin/busybox x"\n' >links.yaml
ok "a directory of that name" aaforge load links.yaml
refused "the deny holds" 'Permission denied' inside '/other/bin/busybox true'

# Rules that allow.
printf 'abi <abi/3.0>,\nprofile @{name} {\n\tsignal,\n\t/usr/bin/bash mr,\n\t/{,usr/}lib/** mr,\n\t/{,usr/}lib64/** mr,\n}\n' >strict.profile
printf 'name: links\ntemplate: ./strict.profile\nbinary: /usr/bin/bash\nrules: [/bin/busybox mrix]\n' >links.yaml
says "an allow of a link warns" '\[linked-path\]' sh -c 'aaforge load links.yaml 2>&1'
refused "and allows nothing" 'Permission denied' inside '/bin/busybox true'
printf 'name: links\ntemplate: ./strict.profile\nbinary: /usr/bin/bash\nrules: ["/{,usr/}bin/busybox mrix"]\n' >links.yaml
ok "what the help advises allows" aaforge load links.yaml
ok "it" inside '/bin/busybox true'
rm -rf /other /usr/lib/zzz
