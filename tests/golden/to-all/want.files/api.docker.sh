# Made by aaforge VERSION from input.yaml (SHA-256 ff1788efeff0…): change that, not this file.
# Go HTTP API
# The profile must be in the kernel: 'aaforge load' loads the description, 'aaforge lookup api' tells whether it is.
# The seccomp filter is api.seccomp.json, made by 'aaforge compile --to seccomp'.
docker run \
	--name api \
	--detach \
	--restart on-failure:3 \
	--user 10001:10002 \
	--read-only \
	--tmpfs /scratch:rw,noexec,nosuid,nodev,size=100m,uid=10001,gid=10002,mode=0700 \
	--tmpfs /tmp:rw,noexec,nosuid,nodev,size=64m,uid=10001,gid=10002,mode=0755 \
	--mount type=bind,source=/srv/data,target=/data,ro \
	--mount type=volume,source=cache,target=/var/cache/api \
	--cap-drop ALL \
	--cap-add CHOWN \
	--cap-add NET_ADMIN \
	--security-opt no-new-privileges:true \
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
