# pip install "qdrant-client>=1.16"
import os

from qdrant_client import QdrantClient, models

vector = [0.69764805, -0.5634085, -0.43132988, -0.099058926]
vector2 = [-0.67610437, -0.05142458, 0.14296024, 0.7209722]


def search(client):
    return client.query_points(
        "food",
        query=models.RecommendQuery(
            recommend=models.RecommendInput(
                positive=[3, vector, 8],
                negative=[40, vector2],
                strategy=models.RecommendStrategy.BEST_SCORE,
            ),
        ),
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
