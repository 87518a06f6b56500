/* Runs every file of a fuzz target's corpus through it, without a fuzzer. Include it
 * after the target, with CORPUS defined as its folder's name. */
#pragma once
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "unit.h"

enum { CORPUS_FILE_MAX = 1 << 20 };

static void run_file(const char *name)
{
    char path[600];
    uint8_t *data = malloc(CORPUS_FILE_MAX);

    snprintf(path, sizeof path, "%s/tests/fuzz/corpus/%s/%s", SOURCE_DIR, CORPUS, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(data, 1, CORPUS_FILE_MAX, file);
    fclose(file);
    assert_int_equal(LLVMFuzzerTestOneInput(data, size), 0);
    free(data);
}

TEST(survives_its_corpus)
{
    DIR *corpus = opendir(SOURCE_DIR "/tests/fuzz/corpus/" CORPUS);
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
