"""An Apache Kafka broker of our own: one node in KRaft mode, fetched from Maven Central.

Read `java` (which Java runs it), `jars` (how `pom.xml` becomes a folder of jars), then `server`
(format, start, stop). `server.properties` says how it is set up and `log4j2.xml` what it logs.
"""

from console.services.broker.jars import fetch_jars, jars_folder
from console.services.broker.java import Java, find_java
from console.services.broker.server import EmbeddedBroker

__all__ = ["EmbeddedBroker", "Java", "fetch_jars", "find_java", "jars_folder"]
