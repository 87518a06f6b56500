/* What a running Prometheus makes of our metrics. */
#pragma once
#include "spendwarden/diag.h"
#include "spendwarden/err.h"

/* Asks the Prometheus at `url`, read-only, whether it scrapes an engine, and whether
 * series of our names come from several jobs, so that a sum over them counts each dollar
 * twice. Findings go into *diags, with remedies. False: it could not be asked, *err says
 * why. */
bool check_prometheus(const char *url, struct diags *diags, struct err *err);
