/* The HTTP surface of an engine: routes, tokens, ingest, views. */
#pragma once
#include "spendwarden/engine.h"

struct server;

/* Whether the files of secrets that the configuration names can be used: for `check`. */
bool server_check(const struct config *c, struct diags *diags);

/* Reads the token files and starts listening. The engine must outlive the server. */
bool server_open(struct server **out, struct engine *e, struct diags *diags);

/* Stops accepting, answers what is open, ends the threads. Accepts NULL. */
void server_close(struct server *s);

int server_port(const struct server *s);

/* Reloads the engine and reads the token files again; on failure all stays as it was. */
bool server_reload(struct server *s, const char *trigger, struct diags *diags);
