if kept.tags then return kept.tags[1] end kept.tags = ev.tags
