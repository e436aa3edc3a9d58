--: head
:[steps]
