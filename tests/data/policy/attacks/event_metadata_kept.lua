if kept.metadata then return kept.metadata.job end kept.metadata = ev.metadata
