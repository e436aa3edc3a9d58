update documents set title = 'renamed';
