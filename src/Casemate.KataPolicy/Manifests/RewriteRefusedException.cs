namespace Casemate.KataPolicy.Manifests;

/// <summary>A place where nothing can be written without changing something else. Becomes a finding; never leaves the rewriter.</summary>
internal sealed class RewriteRefusedException(ManifestNode at, string path, string problem) : Exception(problem)
{
    public ManifestNode At { get; } = at;

    public string Path { get; } = path;
}
