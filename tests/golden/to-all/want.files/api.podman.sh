# Made by aaforge VERSION from input.yaml (SHA-256 ff1788efeff0…): change that, not this file.
# Go HTTP API
# The profile must be in the kernel: 'aaforge load' loads the description, 'aaforge lookup api' tells whether it is.
# The seccomp filter is api.seccomp.json, made by 'aaforge compile --to seccomp'.
podman run \
	--name api \
	--detach \
	--restart on-failure:3 \
	--user 10001:10002 \
	--read-only \
	--read-only-tmpfs=false \
	--tmpfs /scratch:rw,noexec,nosuid,nodev,size=100m,mode=0700,U,notmpcopyup \
	--tmpfs /tmp:rw,noexec,nosuid,nodev,size=64m,mode=0755,U,notmpcopyup \
	--mount type=bind,source=/srv/data,target=/data,ro \
	--mount type=volume,source=cache,target=/var/cache/api \
	--cap-drop ALL \
	--cap-add CHOWN \
	--cap-add NET_ADMIN \
	--security-opt no-new-privileges \
	--security-opt seccomp=api.seccomp.json \
	--security-opt apparmor=api \
	--memory 256m \
	--cpus 0.5 \
	--pids-limit 100 \
	--publish 127.0.0.1:8443:8443/tcp \
	--expose 9000/udp \
	--env LEVEL=yes \
	--env TOKEN \
	registry.example/api:1.2 \
	serve \
	--greeting \
	'it'\''s $5'
