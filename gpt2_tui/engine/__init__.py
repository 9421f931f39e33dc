"""From token ids to token ids: the graph, its cache, sampling. It knows nothing of text."""
