update documents set title = title;
