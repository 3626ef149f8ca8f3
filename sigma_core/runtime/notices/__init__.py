"""What people are told of by mail and webhook, without looking at the console."""
