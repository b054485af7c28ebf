# pip install "qdrant-edge-py>=0.7,<0.8"
# A collection is open in one process at a time: close it elsewhere first.
from qdrant_edge import (
    EdgeShard, ContextPair, ContextQuery, Filter, HasIdCondition, Query,
    QueryRequest, SearchParams
)

vector = [0.7167348, 0.58927447, -0.3231007, -0.18615246]
filter = Filter(must_not=[HasIdCondition({5, 6, 9})])


def vector_of(shard, id):
    (point,) = shard.retrieve([id], False, True)
    return point.vector[""] if isinstance(point.vector, dict) else point.vector


def search(shard):
    return shard.query(QueryRequest(
        query=Query.Context(
            ContextQuery(
                [
                    ContextPair(vector_of(shard, 5), vector_of(shard, 6)),
                    ContextPair(vector, vector_of(shard, 9)),
                ],
            ),
        ),
        filter=filter,
        params=SearchParams(exact=True),
        limit=5,
        with_payload=True,
    ))


if __name__ == "__main__":
    shard = EdgeShard.load("shop/food")
    for point in search(shard):
        print(point.score, point.id, point.payload)
