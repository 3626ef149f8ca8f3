"""What is known about a question: full text over knowledge, issues and precedents, weighed by freshness."""
