# pip install "qdrant-edge-py>=0.7,<0.8"
# A collection is open in one process at a time: close it elsewhere first.
from qdrant_edge import (
    EdgeShard, Expression, FieldCondition, Filter, Formula, HasIdCondition,
    HasVectorCondition, IsEmptyCondition, MatchAny, MatchValue, Prefetch,
    Query, QueryRequest, RangeFloat, SearchParams, SparseVector
)

vector = [-0.046768896, 0.72114295, -0.442463, -0.5310293]
filter = Filter(
    must=[FieldCondition("side", match=MatchValue("left")), HasVectorCondition("")],
    should=[
        FieldCondition("n", range=RangeFloat(lt=50, gte=2.0)),
        FieldCondition("n", match=MatchAny([53, 55])),
        Filter(must_not=[IsEmptyCondition("n"), HasIdCondition({3})]),
    ],
)


def search(shard):
    return shard.query(QueryRequest(
        prefetches=[
            Prefetch(
                prefetches=[
                    Prefetch(
                        query=Query.Nearest(vector),
                        filter=filter,
                        params=SearchParams(exact=True),
                        limit=8,
                    ),
                    Prefetch(
                        query=Query.Nearest(SparseVector([1, 4, 9], [1.0, -0.5, -1.0]), using="block"),
                        filter=filter,
                        params=SearchParams(exact=True),
                        limit=8,
                    ),
                ],
                query=Query.Nearest(vector),
                params=SearchParams(exact=True),
                limit=16,
            ),
            Prefetch(
                prefetches=[
                    Prefetch(
                        query=Query.Nearest(vector),
                        filter=filter,
                        params=SearchParams(exact=True),
                        limit=8,
                    ),
                    Prefetch(
                        query=Query.Nearest(SparseVector([1, 4, 9], [1.0, -0.5, -1.0]), using="block"),
                        filter=filter,
                        params=SearchParams(exact=True),
                        limit=8,
                    ),
                ],
                query=Query.Nearest(SparseVector([1, 4, 9], [1.0, -0.5, -1.0]), using="block"),
                params=SearchParams(exact=True),
                limit=16,
            ),
        ],
        query=Formula(
            Expression.Sum([
                Expression.Variable("$score[0]"),
                Expression.Mult([Expression.Constant(0.5), Expression.Variable("$score[1]")]),
            ]),
            {"$score[0]": 0.0, "$score[1]": 0.0},
        ),
        limit=5,
        with_payload=True,
    ))


if __name__ == "__main__":
    shard = EdgeShard.load("shop/food")
    for point in search(shard):
        print(point.score, point.id, point.payload)
