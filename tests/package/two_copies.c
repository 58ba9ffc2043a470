/* SPDX-License-Identifier: BSD-2-Clause */
/* A program that loads a plugin. The program and the plugin are each linked with a copy of the library. The program
 * prints the versions that both call. If PLUGIN is defined, this file is the plugin. */
#include <slogout/slogout.h>

#ifdef PLUGIN
const char *plugin_version(void);

const char *plugin_version(void)
{
    return slogout_version();
}
#else
#include <dlfcn.h>
#include <stdio.h>

int main(int count, char **arguments)
{
    void *plugin = count == 2 ? dlopen(arguments[1], RTLD_NOW | RTLD_GLOBAL) : NULL;
    const char *(*version)(void);

    if (!plugin) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    *(void **)&version = dlsym(plugin, "plugin_version");
    printf("%s %s\n", slogout_version(), version());
    return 0;
}
#endif
