#include "manager/host/runtime.h"
#include "tests/unit/manager_place.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct machine {
	struct place place;
	struct arena arena;
	struct places places;
	struct host host;
	struct runtimes runtimes;
	struct findings findings;
};

static void machine_begin(struct machine *machine)
{
	unsetenv("DOCKER_HOST");
	unsetenv("DOCKER_CONTEXT");
	setenv("DOCKER_CONFIG", "/nowhere", 1);
	machine->place = place_begin();
	arena_init(&machine->arena, test_out_of_memory);
	place_put(&machine->place, "proc/1/comm", "init\n");
	place_put(&machine->place, "sbin/apparmor_parser", "");
	place_script(&machine->place, "usr/bin/dockerd", "");
	place_script(&machine->place, "usr/bin/crun", "");
}

static void machine_look(struct machine *machine)
{
	CU_ASSERT_TRUE_FATAL(places_find(machine->place.path, &machine->places, NULL));
	findings_init(&machine->arena, &machine->findings);
	host_read(&machine->places, &machine->arena, &machine->host);
	runtimes_read(&machine->places, &machine->arena, &machine->runtimes);
	places_free(&machine->places);
}

/* Whether the runtime has exactly that one thing against it; FINDING_COUNT: nothing. */
static bool has(struct machine *machine, enum runtime_kind kind, enum finding_id id)
{
	findings_init(&machine->arena, &machine->findings);
	runtime_check(&machine->runtimes, kind, &machine->host, &machine->findings);
	if (id == FINDING_COUNT)
		return machine->findings.count == 0;
	return machine->findings.count == 1 && machine->findings.items[0].id == id;
}

static void machine_end(struct machine *machine)
{
	arena_free(&machine->arena);
	place_end(&machine->place);
	unsetenv("DOCKER_CONFIG");
	unsetenv("DOCKER_HOST");
}

static void add_daemon(struct machine *machine, const char *pid, const char *name, const char *user,
	bool contained)
{
	char path[64];
	snprintf(path, sizeof(path), "proc/%s/comm", pid);
	place_put(&machine->place, path, name);
	snprintf(path, sizeof(path), "proc/%s/status", pid);
	place_put(&machine->place, path, user);
	snprintf(path, sizeof(path), "proc/%s/environ", pid);
	place_put(&machine->place, path, contained ? "container=lxc" : "PATH=/bin");
}

static const char root[] = "Name:\tx\nUid:\t0\t0\t0\t0\n";
static const char user[] = "Name:\tx\nUid:\t1000\t1000\t1000\t1000\n";

UNIT_TEST(runtimes_are_found)
{
	struct machine machine;
	machine_begin(&machine);
	machine_look(&machine);
	CU_ASSERT_TRUE(machine.runtimes.items[RUNTIME_docker].is_found);
	CU_ASSERT_TRUE(machine.runtimes.items[RUNTIME_crun].is_found);
	CU_ASSERT_FALSE(machine.runtimes.items[RUNTIME_runc].is_found);
	CU_ASSERT_TRUE(
		slice_is(machine.runtimes.items[RUNTIME_docker].program, "/usr/bin/dockerd"));
	CU_ASSERT_TRUE(has(&machine, RUNTIME_docker, FINDING_COUNT));
	CU_ASSERT_TRUE(has(&machine, RUNTIME_crun, FINDING_COUNT));
	/* One that is part of another program shows by its process. */
	add_daemon(&machine, "70", "containerd\n", root, false);
	place_put(&machine.place, "usr/bin/runc", ""); /* no program */
	machine_look(&machine);
	CU_ASSERT_TRUE(machine.runtimes.items[RUNTIME_containerd].is_found);
	CU_ASSERT_EQUAL(machine.runtimes.items[RUNTIME_containerd].pid, 70);
	CU_ASSERT_FALSE(machine.runtimes.items[RUNTIME_runc].is_found);
	machine_end(&machine);
}

UNIT_TEST(runtime_names)
{
	CU_ASSERT_EQUAL(runtime_find("crio"), RUNTIME_crio);
	CU_ASSERT_EQUAL(runtime_find("kubelet"), RUNTIME_kubelet);
	CU_ASSERT_EQUAL(runtime_find("Docker"), RUNTIME_COUNT);
}

/* docker and containerd look in /sbin only, podman and cri-o anywhere, the others nowhere. */
UNIT_TEST(runtime_without_a_parser)
{
	struct machine machine;
	machine_begin(&machine);
	unlink(place_at(&machine.place, "sbin/apparmor_parser"));
	machine_look(&machine);
	CU_ASSERT_TRUE(has(&machine, RUNTIME_docker, FINDING_RUNTIME_PARSER));
	CU_ASSERT_TRUE(has(&machine, RUNTIME_crio, FINDING_RUNTIME_PARSER));
	CU_ASSERT_TRUE(has(&machine, RUNTIME_runc, FINDING_COUNT));
	place_put(&machine.place, "usr/bin/apparmor_parser", "");
	machine_look(&machine);
	CU_ASSERT_TRUE(has(&machine, RUNTIME_docker, FINDING_RUNTIME_PARSER));
	CU_ASSERT_TRUE(has(&machine, RUNTIME_containerd, FINDING_RUNTIME_PARSER));
	CU_ASSERT_TRUE(has(&machine, RUNTIME_crio, FINDING_COUNT));
	machine_end(&machine);
}

/* Only the daemon that runs as root counts. */
UNIT_TEST(runtime_in_a_container)
{
	struct machine machine;
	machine_begin(&machine);
	add_daemon(&machine, "80", "dockerd\n", user, true);
	machine_look(&machine);
	CU_ASSERT_EQUAL(machine.runtimes.items[RUNTIME_docker].pid, 0);
	CU_ASSERT_TRUE(has(&machine, RUNTIME_docker, FINDING_COUNT));
	add_daemon(&machine, "81", "dockerd\n", root, true);
	machine_look(&machine);
	CU_ASSERT_EQUAL(machine.runtimes.items[RUNTIME_docker].pid, 81);
	CU_ASSERT_TRUE(has(&machine, RUNTIME_docker, FINDING_RUNTIME_CONTAINER));
	CU_ASSERT_TRUE(has(&machine, RUNTIME_runc, FINDING_COUNT));
	place_put(&machine.place, "proc/81/environ", "xcontainer=lxc");
	machine_look(&machine);
	CU_ASSERT_TRUE(has(&machine, RUNTIME_docker, FINDING_COUNT));
	machine_end(&machine);
}

UNIT_TEST(runtime_docker_elsewhere)
{
	static const struct {
		const char *host;
		enum finding_id id;
	} cases[] = {
		{"tcp://10.0.0.1:2376", FINDING_DOCKER_REMOTE},
		{"ssh://build", FINDING_DOCKER_REMOTE},
		{"unix:///run/user/1000/docker.sock", FINDING_DOCKER_ROOTLESS},
		{"unix:///var/run/docker.sock", FINDING_COUNT},
		{"", FINDING_COUNT},
	};
	struct machine machine;
	machine_begin(&machine);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		setenv("DOCKER_HOST", cases[i].host, 1);
		machine_look(&machine);
		CU_ASSERT_TRUE(has(&machine, RUNTIME_docker, cases[i].id));
	}
	machine_end(&machine);
}

UNIT_TEST(runtime_docker_context)
{
	struct machine machine;
	machine_begin(&machine);
	setenv("DOCKER_CONFIG", place_at(&machine.place, "config"), 1);
	place_put(&machine.place, "config/config.json", "{\"currentContext\": \"rootless\"}");
	machine_look(&machine);
	CU_ASSERT_TRUE(has(&machine, RUNTIME_docker, FINDING_DOCKER_ROOTLESS));
	place_put(&machine.place, "config/config.json", "{\"currentContext\": \"desktop-linux\"}");
	machine_look(&machine);
	CU_ASSERT_TRUE(has(&machine, RUNTIME_docker, FINDING_DOCKER_REMOTE));
	place_put(&machine.place, "config/config.json", "{\"currentContext\": 7, broken");
	machine_look(&machine);
	CU_ASSERT_TRUE(has(&machine, RUNTIME_docker, FINDING_COUNT));
	machine_end(&machine);
}

/* No daemon but the user's own. */
UNIT_TEST(runtime_docker_socket)
{
	struct machine machine;
	char socket[64];
	machine_begin(&machine);
	snprintf(socket, sizeof(socket), "run/user/%u/docker.sock", geteuid());
	place_put(&machine.place, socket, "");
	machine_look(&machine);
	CU_ASSERT_TRUE(has(&machine, RUNTIME_docker, FINDING_DOCKER_ROOTLESS));
	place_put(&machine.place, "run/docker.sock", "");
	machine_look(&machine);
	CU_ASSERT_TRUE(has(&machine, RUNTIME_docker, FINDING_COUNT));
	CU_ASSERT_FALSE(machine.runtimes.is_swarm);
	place_put(&machine.place, "var/lib/docker/swarm/docker-state.json", "{}");
	machine_look(&machine);
	CU_ASSERT_TRUE(machine.runtimes.is_swarm);
	machine_end(&machine);
}

UNIT_TEST(runtime_podman_of_a_user)
{
	struct machine machine;
	machine_begin(&machine);
	machine_look(&machine);
	CU_ASSERT_TRUE(has(&machine, RUNTIME_podman,
		geteuid() == 0 ? FINDING_COUNT : FINDING_PODMAN_ROOTLESS));
	machine.runtimes.items[RUNTIME_podman].is_rootless = true;
	CU_ASSERT_TRUE(has(&machine, RUNTIME_podman, FINDING_PODMAN_ROOTLESS));
	machine_end(&machine);
}
