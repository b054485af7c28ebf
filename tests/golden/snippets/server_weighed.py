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
                query=models.SparseVector(
                    indices=[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
                    values=[
                        -0.698, 0.11199999, 0.80410004, -0.7343, -0.44230002, -0.8034, -0.2923,
                        -0.18900001, -0.32349998, 0.5582, 0.97249997, -0.8415
                    ],
                ),
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
