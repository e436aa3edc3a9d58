:[signal] || jsonb_build_object('record', carried)
