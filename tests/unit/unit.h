/* cmocka, with the headers that it wants before it. */
#pragma once
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

/* A test takes a state that most do not use. */
#define TEST(name) static void name(__attribute__((unused)) void **state)
