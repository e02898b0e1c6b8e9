"""The CronJob controller: its decisions, and what it does with the API."""
