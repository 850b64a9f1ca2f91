namespace Casemate.KataPolicy.Manifests;

/// <summary>What a node of a document is.</summary>
internal enum ManifestNodeKind
{
    Scalar,
    Sequence,
    Mapping,
    Alias,
}
