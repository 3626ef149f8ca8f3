"""What puts SIGMA together and keeps it going: composition, durable runs, the schedule."""
