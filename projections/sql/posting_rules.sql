-- Whether the journal follows its posting rules.

-- name: shapes_of_entries
-- What entries of a rule between two parties look like, and how many look so. Few shapes stand for
-- millions of entries: the rules are looked up once a shape.
SELECT rule, seller, buyer, lines, count(*), min(position)
FROM (
    SELECT rule, seller, buyer, entry.position,
           array_agg(side || ' ' || account ORDER BY line) AS lines
    FROM journal.entry JOIN journal.posting
      ON (posting.position, posting.number) = (entry.position, entry.number)
    GROUP BY entry.position, entry.number
) AS shaped
GROUP BY rule, seller, buyer, lines
ORDER BY min(position), rule COLLATE "C", lines

-- name: names_of_entries
-- What entries of a rule name, how many do, and the position of the first.
SELECT rule, agreement_version, service_period, posted_period, count(*), min(position)
FROM journal.entry
GROUP BY rule, agreement_version, service_period, posted_period
ORDER BY min(position), rule COLLATE "C", agreement_version COLLATE "C"
