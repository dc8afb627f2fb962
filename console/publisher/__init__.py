"""What writes to Kafka: topics and their settings, and the messages sent to them.

Read `topics` first: which topics there are and what is asked of the broker for them. Then
`producer`, which sends models and bytes; `files`, which feeds it from a file; and the publisher
process: `outgoing` (an event of the log as a message), `tail` (how far the topic is complete) and
`follow` (the process itself).
"""
