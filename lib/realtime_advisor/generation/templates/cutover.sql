--: head
:[back]:[steps]
