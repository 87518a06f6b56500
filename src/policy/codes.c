#include "codes.h"

#include <string.h>

static const struct policy_code codes[] = {
    {"E001", "a file cannot be read"},
    {"E002", "a directory holds no policy"},
    {"E010", "the file is not valid Lua"},
    {"E011", "the file fails while it is loaded"},
    {"E013", "a global that policies do not have"},
    {"E014", "a global is set"},
    {"E015", "a library or a text does not have this function"},
    {"E016", "a 64-bit or imaginary number"},
    {"E017", "something read-only is set"},
    {"E018", "data that policy { data } does not name"},
    {"E019", "a setting that policy { settings } does not have"},
    {"E101", "a file does not begin with policy { name = ... }"},
    {"E102", "policy is called twice in one file"},
    {"E103", "two files have the same policy name"},
    {"E104", "an option that the call does not have"},
    {"E105", "a value of the wrong type"},
    {"E106", "something that is needed is missing"},
    {"E107", "options that do not go together"},
    {"E108", "a value that is none of the choices"},
    {"E110", "the configuration sets what the policy does not have"},
    {"E111", "a setting of another type than its default"},
    {"E112", "data that a policy refuses"},
    {"E201", "a field that events do not have"},
    {"E202", "a field that is not known yet at this stage"},
    {"E203", "a field of the wrong kind"},
    {"E204", "a name with characters that it may not have"},
    {"E205", "a name that belongs to the engine"},
    {"E206", "a name that is taken"},
    {"E207", "a list names something twice"},
    {"E208", "a label that policies may not derive"},
    {"E209", "a class that is not declared"},
    {"E210", "a second default class"},
    {"E211", "a counter whose name does not end in _total"},
    {"E212", "a histogram or gauge whose name ends in _total, _bucket, _count or _sum"},
    {"E221", "a field is called as a method"},
    {"E222", "a group does not have this label"},
    {"E223", "a window does not have this label"},
    {"E224", "a window does not have this method"},
    {"E225", "a window is read where there are no windows"},
    {"E226", "a method is called without its object"},
    {"E227", "a key stands in a table twice"},
    {"E228", "a function sets a variable that outlives it"},
    {"E301", "a text that is no duration"},
    {"E302", "a duration outside the range"},
    {"E303", "'over' is not a window"},
    {"E304", "a step that is not { number, \"severity\" }"},
    {"E305", "steps that do not ascend"},
    {"E306", "'clear' without a bound or on its wrong side"},
    {"E307", "a number that is not finite"},
    {"E308", "a condition that is never true"},
    {"E309", "buckets that do not ascend or are out of range"},
    {"E310", "a burn rate that is not { long window, short window, factor }"},
    {"E311", "a forecast that is no share of the limit"},
    {"E312", "a day on which no such period can begin"},
    {"E313", "a time zone that is not known"},
    {"E321", "a bound that excludes another, or always holds"},
    {"E322", "a function that is never asked"},
    {"E323", "an answer of the wrong kind"},
    {"E901", "loading a file takes too long or too much memory"},
    {"E902", "more than all policies together may have"},
    {"E903", "a text or a list that is too long"},
    {"E904", "a policy file that is too large, or too many of them"},
    {"W401", "a window may have more groups than are kept"},
    {"W402", "a metric may have more series than are kept"},
    {"W403", "a step of a budget that looks like per cent"},
    {"W404", "a class that no policy declares"},
    {"W405", "data that no policy reads"},
    {"W406", "a function changes a table that outlives it"},
    {"W407", "a data file that does not exist"},
    {"W408", "a configuration without policies"},
    {"W409", "a ledger whose folder does not exist"},
};

const struct policy_code *policy_codes(size_t *count)
{
    *count = sizeof codes / sizeof *codes;
    return codes;
}

const struct policy_code *policy_code_find(const char *code)
{
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (strcmp(codes[i].code, code) == 0)
            return &codes[i];
    return NULL;
}
