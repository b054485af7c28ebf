# pip install "qdrant-edge-py>=0.7,<0.8"
# A collection is open in one process at a time: close it elsewhere first.
from qdrant_edge import (
    EdgeShard, FieldCondition, Filter, HasIdCondition, IsEmptyCondition,
    MatchAny, MatchValue, Query, QueryRequest, RangeFloat, SearchParams
)

filter = Filter(
    must=[
        Filter(
            must=[FieldCondition("side", match=MatchValue("left"))],
            should=[
                FieldCondition("n", range=RangeFloat(lt=50, gte=2.0)),
                FieldCondition("n", match=MatchAny([53, 55])),
                Filter(must_not=[IsEmptyCondition("n"), HasIdCondition({3})]),
            ],
        ),
    ],
    must_not=[HasIdCondition({17})],
)


def vector_of(shard, id):
    (point,) = shard.retrieve([id], False, True)
    return point.vector[""] if isinstance(point.vector, dict) else point.vector


def search(shard):
    return shard.query(QueryRequest(
        query=Query.Nearest(vector_of(shard, 17)),
        filter=filter,
        params=SearchParams(exact=True),
        limit=5,
        with_payload=True,
    ))


if __name__ == "__main__":
    shard = EdgeShard.load("shop/food")
    for point in search(shard):
        print(point.score, point.id, point.payload)
