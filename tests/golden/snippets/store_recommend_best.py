# pip install "qdrant-edge-py>=0.7,<0.8"
# A collection is open in one process at a time: close it elsewhere first.
from qdrant_edge import (
    EdgeShard, Filter, HasIdCondition, Query, QueryRequest, RecommendQuery,
    SearchParams
)

vector = [0.69764805, -0.5634085, -0.43132988, -0.099058926]
vector2 = [-0.67610437, -0.05142458, 0.14296024, 0.7209722]
filter = Filter(must_not=[HasIdCondition({3, 8, 40})])


def vector_of(shard, id):
    (point,) = shard.retrieve([id], False, True)
    return point.vector[""] if isinstance(point.vector, dict) else point.vector


def search(shard):
    return shard.query(QueryRequest(
        query=Query.RecommendBestScore(
            RecommendQuery(
                [vector_of(shard, 3), vector, vector_of(shard, 8)],
                [vector_of(shard, 40), vector2],
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
