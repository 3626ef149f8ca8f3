"""Several hosts on one database: processes with homes of their own, the servers they share, what must hold."""
