/* redis_reply.h - takes what a server has answered: settles, sends again, sends elsewhere, or ends the job.
 * Room: loader/sink. May touch: sockets. */
#ifndef REKINDLE_LOADER_REDIS_REPLY_H
#define REKINDLE_LOADER_REDIS_REPLY_H

#include "loader/sink/redis_traffic.h"

/* Reads what has arrived on the lane's link, which there is, and takes each whole reply. */
void redis_reply_receive(struct redis_traffic *traffic, struct redis_lane *lane);

#endif
