# pip install "qdrant-client>=1.16"
import os

from qdrant_client import QdrantClient, models

vector = [-0.046768896, 0.72114295, -0.442463, -0.5310293]
filter = models.Filter.model_validate({"must": [{"has_vector": ""}]})


def search(client):
    return client.query_points(
        "food",
        prefetch=[
            models.Prefetch(
                query=models.SparseVector(indices=[1, 4, 9], values=[0.5, 1.0, 0.75]),
                using="block",
                filter=filter,
                params=models.SearchParams(exact=True),
                limit=12,
            ),
        ],
        query=vector,
        search_params=models.SearchParams(exact=True),
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
