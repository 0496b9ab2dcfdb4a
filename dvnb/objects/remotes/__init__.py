"""Objects elsewhere: where remotes are, what they hold, copying there and back; and paths that no project tracks."""
