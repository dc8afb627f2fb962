"""What writes to Kafka: topics and their settings, and the messages sent to them.

Read `topics` first: which topics there are and what is asked of the broker for them.
"""
