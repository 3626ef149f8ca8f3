"""What people look for in the graph, in Cypher that FalkorDB and Neo4j understand alike. Values are parameters."""

SEARCH = """
MATCH (n:Entity) WHERE n.group_id IN $groups AND toLower(n.name) CONTAINS $text
    AND (size($kinds) = 0 OR any(kind IN n.kinds WHERE kind IN $kinds))
WITH n ORDER BY size(n.name), n.name, n.uuid LIMIT $limit
OPTIONAL MATCH (n)-[r:RELATES_TO]-()
RETURN n.uuid AS uuid, n.name AS name, n.group_id AS group_id, n.kinds AS kinds, count(r) AS facts
ORDER BY size(name), name, uuid
"""

RESEMBLING = """
MATCH (n:Entity) WHERE n.group_id IN $groups AND any(part IN $parts WHERE toLower(n.name) CONTAINS part)
RETURN DISTINCT n.name AS name LIMIT $limit
"""

MOST_CONNECTED = """
MATCH (n:Entity)-[r:RELATES_TO]-() WHERE n.group_id IN $groups
    AND (size($kinds) = 0 OR any(kind IN n.kinds WHERE kind IN $kinds))
WITH n, count(r) AS facts ORDER BY facts DESC, n.name, n.uuid LIMIT $limit
RETURN n.uuid AS uuid, n.name AS name, n.group_id AS group_id, n.kinds AS kinds, facts
"""

KINDS = """
MATCH (n:Entity) WHERE n.group_id IN $groups
UNWIND n.kinds AS kind
RETURN kind, count(*) AS entities ORDER BY entities DESC, kind
"""

IDENTIFIED = """
UNWIND $uuids AS wanted
MATCH (n:Entity {uuid: wanted})
RETURN n.uuid AS uuid, n.name AS name, n.group_id AS group_id, n.kinds AS kinds, n.summary AS summary
"""

NAMED = """
MATCH (n:Entity {name: $name}) WHERE n.group_id IN $groups
OPTIONAL MATCH (n)-[r:RELATES_TO]-()
RETURN n.uuid AS uuid, n.name AS name, n.group_id AS group_id, n.kinds AS kinds, n.summary AS summary, count(r) AS facts
ORDER BY facts DESC, uuid LIMIT 1
"""

# Here and below the far end of a fact has no label: FalkorDB would begin with all that carry it, once for each entity
# that is asked for. The best known few of each: a thing with very many facts leaves room for the others
AROUND = """
UNWIND $uuids AS wanted
MATCH (n:Entity {uuid: wanted})-[r:RELATES_TO]-(m)
WHERE size($kinds) = 0 OR any(kind IN m.kinds WHERE kind IN $kinds)
WITH n, r, m ORDER BY CASE WHEN r.valid_at <= $at AND coalesce(r.invalid_at, $open) > $at THEN 0 ELSE 1 END,
    r.evidence_count DESC, r.valid_at DESC, r.uuid
WITH n.uuid AS uuid, collect(DISTINCT m.uuid) AS reached
RETURN uuid, reached[..$each] AS reached, size(reached) AS neighbours
"""

BETWEEN = """
UNWIND $uuids AS wanted
MATCH (a:Entity {uuid: wanted})-[r:RELATES_TO]->(b) WHERE b.uuid IN $uuids
RETURN r.uuid AS uuid, a.uuid AS source, b.uuid AS target, r.name AS name, r.fact AS fact, r.valid_at AS valid_at,
    r.invalid_at AS invalid_at, r.evidence_count AS evidence_count, r.episodes AS episodes, properties(r) AS attributes
ORDER BY r.valid_at DESC, uuid LIMIT $limit
"""

FACTS = """
MATCH (n:Entity {uuid: $uuid})-[r:RELATES_TO]-(m)
WITH DISTINCT r ORDER BY r.valid_at DESC, r.uuid LIMIT $limit
RETURN r.uuid AS uuid, startNode(r).uuid AS source, startNode(r).name AS subject, endNode(r).uuid AS target,
    endNode(r).name AS object, r.name AS name, r.fact AS fact, r.valid_at AS valid_at, r.invalid_at AS invalid_at,
    r.evidence_count AS evidence_count, r.episodes AS episodes, properties(r) AS attributes
ORDER BY r.valid_at DESC, uuid
"""

EPISODE_NAMES = """
UNWIND $uuids AS wanted
MATCH (e:Episodic {uuid: wanted})
RETURN e.uuid AS uuid, e.name AS name
"""
