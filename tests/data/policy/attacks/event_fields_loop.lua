for i = 1, 1e9 do local x = ev.total_tokens end
