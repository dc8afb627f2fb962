"""The member of a Kafka consumer group: reads, hands over in batches, draws consequences.

The only package of the consumers that imports kafka. Read in this order:

1. `config` - what a member is told; `summary` - what it says of its work
2. `merge` - records wait here, and leave in order of their time across topics
3. `ownership` - which partitions are ours, up to which offset, under which epoch
4. `client` - kafka-python: how we join, and what it tells us of a rebalance
5. `member` - the loop; `recovery` - how it waits and comes back when something is gone
6. `lag` - what is not consumed yet, for closes and for people

The truth about offsets is PostgreSQL's: on assignment the member raises the partition's epoch
and seeks to where the log is. What it holds in memory it may lose at any time.
"""

from consumers.runner.config import ConsumerConfig
from consumers.runner.errors import KafkaUnreachable, TopicDiffers
from consumers.runner.lag import Lag, incoming_topics, lag, unconsumed_before
from consumers.runner.member import run
from consumers.runner.summary import RunSummary

__all__ = [
    "ConsumerConfig",
    "KafkaUnreachable",
    "Lag",
    "RunSummary",
    "TopicDiffers",
    "incoming_topics",
    "lag",
    "run",
    "unconsumed_before",
]
