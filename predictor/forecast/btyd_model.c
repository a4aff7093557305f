/* btyd_model.c - see btyd_model.h.
 * Room: predictor/forecast. May touch: nothing. */
#include "predictor/forecast/btyd_model.h"

#include <string.h>

static const struct btyd_model *const models[] = {
    &bgnbd_model,
    &mbgnbd_model,
    &paretonbd_model,
    &bgbb_model,
};

const struct btyd_model *btyd_model_find(const char *name)
{
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        if (strcmp(models[i]->name, name) == 0) {
            return models[i];
        }
    }
    return NULL;
}

const char *btyd_model_names(void)
{
    return "bgnbd, mbgnbd, paretonbd, bgbb";
}
