for i = 1, 1e9 do local x = ev.requested_model_usd end
