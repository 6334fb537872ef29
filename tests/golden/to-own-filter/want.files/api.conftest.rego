# Made by aaforge VERSION from input.yaml (SHA-256 541386dd69b0…): change that, not this file.
# For CI: only pods with the controls of the description pass. It wants OPA 0.59 or newer (conftest 0.47):
#     conftest test --policy FOLDER manifest.yaml
# Give it only the manifests of this service.
package main

import rego.v1

profile := "api"
capabilities := []
seccomp := {"type": "Localhost", "localhostProfile": "api.seccomp.json"}

# The document itself, or what a List holds.
documents contains document if {
	document := input
	document.kind != "List"
}

documents contains document if {
	input.kind == "List"
	some document in input.items
}

# Pods, and the templates of what makes pods.
pods contains document if {
	some document in documents
	document.kind == "Pod"
}

pods contains pod if {
	some document in documents
	pod := document.spec.template
}

pods contains pod if {
	some document in documents
	pod := document.spec.jobTemplate.spec.template
}

# A part of an object, empty where there is none.
section(value, name) := value[name] if {
	is_object(value[name])
} else := {}

# Every container: its name, its pod's metadata, its own securityContext and the pod's.
containers contains found if {
	some pod in pods
	some kind in ["containers", "initContainers", "ephemeralContainers"]
	some container in pod.spec[kind]
	found := {
		"name": object.get(container, "name", "?"),
		"metadata": section(pod, "metadata"),
		"own": section(container, "securityContext"),
		"shared": section(pod.spec, "securityContext"),
	}
}

own(container, name) := object.get(container.own, name, null)

effective(container, name) := object.get(container.own, name, object.get(container.shared, name, null))

deny contains msg if {
	some container in containers
	own(container, "readOnlyRootFilesystem") != true
	msg := sprintf("%s: needs readOnlyRootFilesystem: true", [container.name])
}

deny contains msg if {
	some container in containers
	effective(container, "runAsNonRoot") != true
	msg := sprintf("%s: needs runAsNonRoot: true", [container.name])
}

deny contains msg if {
	some container in containers
	effective(container, "runAsUser") == 0
	msg := sprintf("%s: runs as user 0", [container.name])
}

deny contains msg if {
	some container in containers
	own(container, "allowPrivilegeEscalation") != false
	msg := sprintf("%s: needs allowPrivilegeEscalation: false", [container.name])
}

deny contains msg if {
	some container in containers
	object.get(container.own, "privileged", false) != false
	msg := sprintf("%s: is privileged", [container.name])
}

deny contains msg if {
	some container in containers
	not "ALL" in object.get(section(container.own, "capabilities"), "drop", [])
	msg := sprintf("%s: needs capabilities.drop: [ALL]", [container.name])
}

deny contains msg if {
	some container in containers
	some name in object.get(section(container.own, "capabilities"), "add", [])
	not name in capabilities
	msg := sprintf("%s: adds the capability %s", [container.name, name])
}

deny contains msg if {
	some container in containers
	effective(container, "seccompProfile") != seccomp
	msg := sprintf("%s: needs the service's seccompProfile", [container.name])
}

deny contains msg if {
	some container in containers
	effective(container, "appArmorProfile") != {"type": "Localhost", "localhostProfile": profile}
	msg := sprintf("%s: needs the AppArmor profile %s", [container.name, profile])
}
