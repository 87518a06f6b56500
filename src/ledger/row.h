/* One row of `entries`: a record written and read back. */
#pragma once
#include "detail.h"
#include "dict.h"
#include "texts.h"

struct row_writer {
    sqlite3_stmt *insert; /* owned */
    struct dict *dict;
    const struct schema *schema;
    struct buf detail, provenance; /* reused from row to row */
    uint64_t bound;                /* columns of this row that have a value, by bit */
    uint64_t bound_before;         /* the same of rows before that may still be bound */
};

bool row_writer_open(struct row_writer *w, sqlite3 *db, struct dict *dict,
                     const struct schema *schema, struct err *err);
void row_writer_close(struct row_writer *w);

/* Inserts the record as row r->seq. */
bool row_write(struct row_writer *w, const struct record *r, struct err *err);

struct row_reader {
    struct texts texts;
    struct record record; /* as read last; valid until the statement is stepped */
    struct detail_store store;
    struct arena arena; /* of one row */
    const struct schema *schema;
};

bool row_reader_open(struct row_reader *r, sqlite3 *db, const struct schema *schema,
                     struct err *err);
void row_reader_close(struct row_reader *r);

/* From a statement that stands on a row of "SELECT * FROM entries". */
bool row_read(struct row_reader *r, sqlite3_stmt *row, struct err *err);
