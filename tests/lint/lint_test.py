#!/usr/bin/env python3
"""Each check finds what it is there for, and leaves the rest alone."""

import os
import tempfile
import unittest

import banned
import layers
import sizes
import tree
import words


class Checks(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.root, tree.ROOT = tree.ROOT, self.directory.name

    def tearDown(self):
        tree.ROOT = self.root
        self.directory.cleanup()

    def problems(self, check, path, text):
        full = os.path.join(tree.ROOT, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)
        return list(check(path))

    def layer(self, path, *includes):
        text = "".join(f"#include {i}\n" for i in includes)
        return len(self.problems(layers.check, path, text))

    def test_a_stage_includes_no_other_stage(self):
        self.assertEqual(self.layer("src/window/a.c", '"spendwarden/ledger.h"'), 1)
        self.assertEqual(self.layer("src/window/a.c", '"spendwarden/window.h"'), 0)
        self.assertEqual(self.layer("src/pipeline.c", '"spendwarden/ledger.h"'), 0)
        self.assertEqual(self.layer("include/spendwarden/http.h", '"spendwarden/price.h"'), 1)

    def test_nothing_below_knows_the_shell_or_the_values(self):
        self.problems(layers.check, "src/engine.c", "")
        self.problems(layers.check, "src/event/record.c", "")
        self.assertEqual(self.layer("src/rules/a.c", '"spendwarden/engine.h"'), 1)
        self.assertEqual(self.layer("src/base/a.c", '"spendwarden/record.h"'), 1)
        self.assertEqual(self.layer("src/rules/a.c", '"spendwarden/record.h"'), 0)

    def test_a_private_header_stays_in_its_folder(self):
        self.assertEqual(self.layer("src/rules/a.c", '"../window/internal.h"'), 1)
        self.assertEqual(self.layer("src/rules/a.c", '"internal.h"'), 0)
        self.assertEqual(self.layer("src/main.c", '"cli/cli.h"'), 0)

    def test_a_library_is_wrapped_by_one_folder(self):
        self.assertEqual(self.layer("src/cli/a.c", "<lua.h>", "<sqlite3.h>"), 2)
        self.assertEqual(self.layer("src/decode/a.c", "<jansson.h>"), 1)
        self.assertEqual(self.layer("src/policy/a.c", "<lua.h>", "<stdio.h>"), 0)

    def test_a_contract_without_a_layer_is_named(self):
        self.assertEqual(self.layer("src/rules/a.c", '"spendwarden/strange.h"'), 1)

    def test_long_functions_and_files_are_found(self):
        def function(size):
            return "void f(void)\n{\n" + "    g();\n" * (size - 2) + "}\n"

        self.assertEqual(self.problems(sizes.check, "src/a.c", function(60)), [])
        found = self.problems(sizes.check, "src/a.c", function(61))
        self.assertEqual(found, ["src/a.c:2: f() has 61 lines, at most 60"])
        self.assertEqual(len(self.problems(sizes.check, "src/a.c", "\n" * 401)), 1)
        self.assertEqual(len(self.problems(sizes.check, "include/a.h", "\n" * 121)), 1)

    def test_deep_nesting_is_found(self):
        def nested(depth):
            body = "".join(" " * 4 * i + "if (x)\n" for i in range(1, depth + 1))
            return "void f(void)\n{\n" + body + " " * 4 * (depth + 1) + "g();\n}\n"

        self.assertEqual(self.problems(sizes.check, "src/a.c", nested(3)), [])
        self.assertEqual(len(self.problems(sizes.check, "src/a.c", nested(4))), 1)

    def test_banned_calls_are_found_but_not_in_comments_and_strings(self):
        bad = 'strcpy(a, b);\nx = gmtime(&t);\nchar *p = alloca(9);\nsprintf(a, "x");\n'
        self.assertEqual(len(self.problems(banned.check, "src/a.c", bad)), 4)
        fine = '/* strcpy(a, b) */ // sprintf(\nputs("strtok(");\ngmtime_r(&t, &tm);\n'
        self.assertEqual(self.problems(banned.check, "src/a.c", fine), [])

    def test_paths_of_a_machine_and_notes_to_oneself_are_found(self):
        bad = "see /home/somebody/x\nTO" + "DO: more\nblank \n"
        self.assertEqual(len(self.problems(words.check, "docs/a.md", bad)), 3)
        fine = "see src/room/a.c, /etc/x, https://example.com/home/x\n"
        self.assertEqual(self.problems(words.check, "docs/a.md", fine), [])


if __name__ == "__main__":
    unittest.main()
