"""What people bring from elsewhere: lists, tables and the exports of other price watchers, as entries of a watch file. Pure
readers: a stream in, rows out; every row says what it is, or why it is nothing."""
