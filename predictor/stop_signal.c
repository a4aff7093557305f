/* stop_signal.c - see stop_signal.h.
 * Room: predictor (top). May touch: signal handlers, one flag. */
#include "predictor/stop_signal.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t noted_signal;

static void note_signal(int signal_number)
{
    noted_signal = signal_number;
}

void stop_signal_watch(void)
{
    static const int watched[] = {SIGINT, SIGTERM};
    struct sigaction before;
    struct sigaction note = {.sa_handler = note_signal, .sa_flags = (int)SA_RESETHAND | SA_RESTART};
    sigemptyset(&note.sa_mask);
    for (size_t i = 0; i < sizeof watched / sizeof *watched; i++) {
        if (sigaction(watched[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN) {
            (void)sigaction(watched[i], &note,
                            NULL); /* fails only for numbers that are no signals */
        }
    }
}

int stop_signal_check(struct error *err)
{
    if (noted_signal == 0) {
        return 0;
    }
    return error_set(err, ERROR_STOPPED, "stopped by %s; nothing was changed",
                     noted_signal == SIGINT ? "SIGINT" : "SIGTERM");
}
