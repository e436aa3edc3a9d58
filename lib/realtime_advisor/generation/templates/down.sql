--: head

:[steps]
