#ifndef CLI_LAUNCH_H
#define CLI_LAUNCH_H

/* `aaforge compile --to TARGET`: the ways to launch a service. */

#include "cli/cli.h"

/* Whether --to names something else than the profile. */
bool launch_is_wanted(const struct options *options);

enum status compile_launch(const struct options *options);

#endif
