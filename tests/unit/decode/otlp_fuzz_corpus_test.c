/* The corpus of the fuzz target, without a fuzzer. */
#include "../../fuzz/otlp_fuzz.c"

#define CORPUS "otlp"
#include "../corpus.h"

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(survives_its_corpus)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
