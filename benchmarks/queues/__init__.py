"""The exchange and its peers, each doing the same: publish to five consumers, receive, acknowledge."""
