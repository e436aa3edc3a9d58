extension = :'extension'
and realtime_advisor.:"function"((select realtime.topic()), :'entity')
