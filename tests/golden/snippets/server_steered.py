# pip install "qdrant-client>=1.16"
import os

from qdrant_client import QdrantClient, models

vector = [-0.046768896, 0.72114295, -0.442463, -0.5310293]
filter = models.Filter.model_validate({
    "must": [{"key": "side", "match": {"value": "left"}}, {"has_vector": ""}],
    "should": [
        {"key": "n", "range": {"lt": 50, "gte": 2.0}},
        {"key": "n", "match": {"any": [53, 55]}},
        {"must_not": [{"is_empty": {"key": "n"}}, {"has_id": [3]}]},
    ],
})


def search(client):
    return client.query_points(
        "food",
        prefetch=[
            models.Prefetch(
                prefetch=[
                    models.Prefetch(
                        query=vector,
                        filter=filter,
                        params=models.SearchParams(exact=True),
                        limit=8,
                    ),
                    models.Prefetch(
                        query=models.SparseVector(indices=[1, 4, 9], values=[1.0, -0.5, -1.0]),
                        using="block",
                        filter=filter,
                        params=models.SearchParams(exact=True),
                        limit=8,
                    ),
                ],
                query=vector,
                params=models.SearchParams(exact=True),
                limit=16,
            ),
            models.Prefetch(
                prefetch=[
                    models.Prefetch(
                        query=vector,
                        filter=filter,
                        params=models.SearchParams(exact=True),
                        limit=8,
                    ),
                    models.Prefetch(
                        query=models.SparseVector(indices=[1, 4, 9], values=[1.0, -0.5, -1.0]),
                        using="block",
                        filter=filter,
                        params=models.SearchParams(exact=True),
                        limit=8,
                    ),
                ],
                query=models.SparseVector(indices=[1, 4, 9], values=[1.0, -0.5, -1.0]),
                using="block",
                params=models.SearchParams(exact=True),
                limit=16,
            ),
        ],
        query=models.FormulaQuery(
            formula=models.SumExpression(sum=[
                "$score[0]",
                models.MultExpression(mult=[0.5, "$score[1]"]),
            ]),
            defaults={"$score[0]": 0.0, "$score[1]": 0.0},
        ),
        limit=5,
        with_payload=True,
    ).points


if __name__ == "__main__":
    client = QdrantClient(
        host="localhost",
        grpc_port=6334,
        prefer_grpc=True,
        https=False,
        api_key=os.environ.get("QDRANT_API_KEY"),
        check_compatibility=False,
    )
    for point in search(client):
        print(point.score, point.id, point.payload)
