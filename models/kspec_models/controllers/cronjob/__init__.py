"""The CronJob controller: its decisions."""
