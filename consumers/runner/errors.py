"""What a member cannot go on with, in one sentence with a code."""


class KafkaUnreachable(Exception):
    """No broker answered in time; nothing is known of the topics."""

    def __init__(self, sentence: str) -> None:
        super().__init__(f"KAFKA_UNREACHABLE: {sentence}")


class NotAssigned(KafkaUnreachable):
    """The group gave a member nothing in time, not even the word that there is nothing for it."""

    def __init__(self, group_id: str, seconds: float) -> None:
        super().__init__(f"the group {group_id} has assigned nothing for {seconds:g} seconds.")


class TopicDiffers(Exception):
    """The topic is not the one that the log has consumed: going on would lose or repeat messages.

    It happens where a topic was deleted and made anew, or where its retention removed what was
    not consumed yet; a person must decide what is to be done.
    """

    def __init__(self, sentence: str) -> None:
        super().__init__(f"TOPIC_DIFFERS_FROM_LOG: {sentence}")
