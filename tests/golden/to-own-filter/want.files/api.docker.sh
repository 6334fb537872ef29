# Made by aaforge VERSION from input.yaml (SHA-256 541386dd69b0…): change that, not this file.
# The profile must be in the kernel: 'aaforge load' loads the description, 'aaforge lookup api' tells whether it is.
# The seccomp filter is api.seccomp.json, the one that the description names.
docker run \
	--name api \
	--rm \
	--read-only \
	--cap-drop ALL \
	--security-opt no-new-privileges:true \
	--security-opt seccomp=api.seccomp.json \
	--security-opt apparmor=api \
	registry.example/api:1.2
