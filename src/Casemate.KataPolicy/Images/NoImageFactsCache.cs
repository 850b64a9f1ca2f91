using Casemate.KataPolicy.Layers;
using Casemate.Oci;

namespace Casemate.KataPolicy.Images;

/// <summary>Keeps nothing.</summary>
internal sealed class NoImageFactsCache : IImageFactsCache
{
    public static readonly NoImageFactsCache Instance = new();

    public (string MediaType, byte[] Content)? FindDocument(Digest digest) => null;

    public void KeepDocument(Digest digest, string mediaType, ReadOnlySpan<byte> content)
    {
    }

    public IReadOnlyList<WatchedFile>? FindLayer(Digest diffId) => null;

    public void KeepLayer(Digest diffId, IReadOnlyList<WatchedFile> files)
    {
    }
}
