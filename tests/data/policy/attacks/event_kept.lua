if kept.event then return kept.event.team end kept.event = ev
