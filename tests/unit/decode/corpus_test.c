/* The corpus of the fuzz target, without a fuzzer. */
#include "../unit.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../fuzz/decode_fuzz.c"

enum { CORPUS_FILE_MAX = 1 << 20 };

static void run_file(const char *name)
{
    char path[600];
    uint8_t *data = malloc(CORPUS_FILE_MAX);

    snprintf(path, sizeof path, "%s/tests/fuzz/corpus/decode/%s", SOURCE_DIR, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(data, 1, CORPUS_FILE_MAX, file);
    fclose(file);
    assert_int_equal(LLVMFuzzerTestOneInput(data, size), 0);
    free(data);
}

TEST(survives_its_corpus)
{
    DIR *corpus = opendir(SOURCE_DIR "/tests/fuzz/corpus/decode");
    int count = 0;

    assert_non_null(corpus);
    for (struct dirent *entry; (entry = readdir(corpus)) != NULL;)
        if (entry->d_name[0] != '.') {
            run_file(entry->d_name);
            count++;
        }
    closedir(corpus);
    assert_true(count >= 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(survives_its_corpus)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
