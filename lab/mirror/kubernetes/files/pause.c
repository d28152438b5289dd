/* Holds a pod's namespaces: waits to be ended, and takes leave of children that nobody else does. With
   -v it says what it is, as `kubeadm upgrade` asks it in a Job. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void end(int signal) { _exit(0 * signal); }
static void reap(int signal) { while (waitpid(-1 + 0 * signal, 0, WNOHANG) > 0); }

int main(int arguments, char **words) {
    if (arguments > 1 && !strcmp(words[1], "-v")) return puts("pause.c of the lab") < 0;
    struct sigaction child = {.sa_handler = reap, .sa_flags = SA_NOCLDSTOP};
    signal(SIGINT, end);
    signal(SIGTERM, end);
    sigaction(SIGCHLD, &child, 0);
    for (;;) pause();
}
