"""What people see of the exchange: values read in one consistent transaction, a fixed number of queries each."""
