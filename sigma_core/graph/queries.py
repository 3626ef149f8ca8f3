"""Cypher, all of it understood by FalkorDB and Neo4j alike. Values are parameters, without exception."""

ENTITIES = """
UNWIND $rows AS row
MERGE (n:Entity {uuid: row.uuid})
ON CREATE SET n.name = row.name, n.group_id = row.group_id, n.created_at = row.created_at, n.kinds = row.kinds,
    n.summary = row.summary, n.sequence = row.sequence, n.labels = ['Entity']
ON MATCH SET n.summary = CASE WHEN n.summary = '' OR (row.summary <> '' AND row.summary < n.summary) THEN row.summary
    ELSE n.summary END,
    n.created_at = CASE WHEN row.created_at < n.created_at THEN row.created_at ELSE n.created_at END,
    n.kinds = n.kinds + [kind IN row.kinds WHERE NOT kind IN n.kinds],
    n.name = CASE WHEN coalesce(n.sequence, -1) < row.sequence THEN row.name ELSE n.name END,
    n.sequence = CASE WHEN coalesce(n.sequence, -1) < row.sequence THEN row.sequence ELSE n.sequence END
"""

EPISODES = """
UNWIND $rows AS row
MERGE (n:Episodic {uuid: row.uuid})
WITH n, row WHERE coalesce(n.sequence, -1) < row.sequence
SET n = row
"""

EDGES = """
UNWIND $rows AS row
MATCH (a:Entity {uuid: row.source})
MATCH (b:Entity {uuid: row.target})
MERGE (a)-[r:RELATES_TO {uuid: row.uuid}]->(b)
WITH r, row WHERE coalesce(r.sequence, -1) < row.sequence
SET r = row.properties
"""

MENTIONS = """
UNWIND $rows AS row
MATCH (a:Episodic {uuid: row.source})
MATCH (b:Entity {uuid: row.target})
MERGE (a)-[r:MENTIONS {uuid: row.uuid}]->(b)
ON CREATE SET r.group_id = row.group_id, r.created_at = row.created_at
"""

COUNT = """
OPTIONAL MATCH (n:Entity) WHERE n.group_id STARTS WITH $prefix WITH count(n) AS entities
OPTIONAL MATCH (e:Episodic) WHERE e.group_id STARTS WITH $prefix WITH entities, count(e) AS episodes
OPTIONAL MATCH ()-[r:RELATES_TO]->() WHERE r.group_id STARTS WITH $prefix
RETURN entities, episodes, count(r) AS edges, count(r.invalid_at) AS ended
"""

READ_ENTITIES = """
MATCH (n:Entity) WHERE n.uuid > $after AND n.group_id STARTS WITH $prefix
RETURN n.uuid AS uuid, n.name AS name, n.group_id AS group_id, n.kinds AS kinds, n.summary AS summary,
    n.created_at AS created_at
ORDER BY n.uuid LIMIT $limit
"""

READ_EPISODES = """
MATCH (n:Episodic) WHERE n.uuid > $after AND n.group_id STARTS WITH $prefix
RETURN n.uuid AS uuid, n.name AS name, n.group_id AS group_id, n.source AS source,
    n.source_description AS source_description, n.content AS content, n.created_at AS created_at,
    n.valid_at AS valid_at, n.refreshed_at AS refreshed_at, n.evidence_count AS evidence_count,
    n.entity_edges AS entity_edges
ORDER BY n.uuid LIMIT $limit
"""

# Edges by their own index: with labels at their ends FalkorDB reads it once for every node
READ_EDGES = """
MATCH (a)-[r:RELATES_TO]->(b) WHERE r.uuid > $after AND r.group_id STARTS WITH $prefix
RETURN r.uuid AS uuid, a.uuid AS source, b.uuid AS target, a.name AS subject, b.name AS object, r.name AS name,
    r.fact AS fact, r.group_id AS group_id, r.episodes AS episodes, r.created_at AS created_at,
    r.valid_at AS valid_at, r.invalid_at AS invalid_at, r.expired_at AS expired_at,
    r.refreshed_at AS refreshed_at, r.evidence_count AS evidence_count, coalesce(r.certainty, 1.0) AS certainty,
    properties(r) AS attributes
ORDER BY r.uuid LIMIT $limit
"""

READ_MENTIONS = """
MATCH (a)-[r:MENTIONS]->(b) WHERE r.uuid > $after AND r.group_id STARTS WITH $prefix
RETURN r.uuid AS uuid, a.uuid AS source, b.uuid AS target, r.group_id AS group_id, r.created_at AS created_at
ORDER BY r.uuid LIMIT $limit
"""

SIZE = """
OPTIONAL MATCH (n:Entity) WHERE n.group_id IN $groups WITH count(n) AS entities, max(id(n)) AS last
OPTIONAL MATCH ()-[r:RELATES_TO]->() WHERE r.group_id IN $groups
RETURN entities, coalesce(last, -1) AS last, count(r) AS facts
"""

# Entities of so many of the database's own numbers, from `low` to below `high`, and the facts that begin at them: both
# databases read these one after the other, where ids of ours would be looked up in an index one by one. A fact and its
# ends are of one group, and FalkorDB would take the index of the fact's
SNAPSHOT_ENTITIES = """
MATCH (n:Entity) WHERE id(n) >= $low AND id(n) < $high AND n.group_id IN $groups
RETURN id(n), n.uuid, n.group_id, n.created_at, reduce(all = '', kind IN n.kinds | all + '\n' + kind), n.name,
    coalesce(n.summary, '')
"""

SNAPSHOT_FACTS = """
MATCH (a:Entity)-[r:RELATES_TO]->(b) WHERE id(a) >= $low AND id(a) < $high AND a.group_id IN $groups
RETURN r.uuid, id(a), id(b), r.created_at, r.valid_at, r.invalid_at, r.expired_at, r.name, r.fact
"""

MARK = """
UNWIND $rows AS row
MERGE (m:GraphMark {uuid: row.uuid})
SET m.token = row.token, m.group_id = row.uuid
"""

MARKS = """
MATCH (m:GraphMark) WHERE m.uuid IN $groups
RETURN m.uuid AS uuid, m.token AS token
"""

HOLDS_SOMETHING = """
OPTIONAL MATCH (n:Episodic) WITH n LIMIT 1
RETURN count(n) > 0 AS something
"""

# Neo4j only
CLEAR = """
MATCH (n) WHERE n.group_id STARTS WITH $prefix
WITH n LIMIT $limit
DETACH DELETE n
RETURN count(n) AS gone
"""

UNIQUE = (
    "CREATE CONSTRAINT sigma_entity IF NOT EXISTS FOR (n:Entity) REQUIRE n.uuid IS UNIQUE",
    "CREATE CONSTRAINT sigma_episode IF NOT EXISTS FOR (n:Episodic) REQUIRE n.uuid IS UNIQUE",
    "CREATE CONSTRAINT sigma_mark IF NOT EXISTS FOR (n:GraphMark) REQUIRE n.uuid IS UNIQUE",
)
"""Neo4j only: two transactions that merge one node make two of it otherwise."""
