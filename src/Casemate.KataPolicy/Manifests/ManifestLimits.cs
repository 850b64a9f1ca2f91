namespace Casemate.KataPolicy.Manifests;

/// <summary>Bounds on manifests, all far above what an API server takes.</summary>
public static class ManifestLimits
{
    /// <summary>The largest file, in bytes.</summary>
    public const int MaxFileBytes = 8 * 1024 * 1024;

    /// <summary>The most documents in one file.</summary>
    public const int MaxDocuments = 2000;

    /// <summary>The deepest nesting, aliases followed.</summary>
    public const int MaxDepth = 64;

    /// <summary>The most values in one document, aliases followed: a small file must not stand for a huge one.</summary>
    public const int MaxNodes = 200_000;

    /// <summary>The most characters of values in one document, aliases followed.</summary>
    public const long MaxCharacters = 32 * 1024 * 1024;

    /// <summary>The most anchors in one document.</summary>
    public const int MaxAnchors = 1000;

    /// <summary>The most findings that are kept of one file; what follows is counted in one last finding.</summary>
    public const int MaxFindings = 200;

    /// <summary>
    /// What Kubernetes takes as annotations of one object, names and values together, in bytes
    /// (k8s.io/apimachinery, <c>TotalAnnotationSizeLimitB</c>).
    /// </summary>
    public const int MaxAnnotationBytes = 256 * 1024;
}
