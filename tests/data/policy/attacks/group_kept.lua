if kept.group then return kept.group.team end kept.group = ev
