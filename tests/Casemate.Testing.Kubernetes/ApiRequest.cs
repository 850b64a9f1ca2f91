namespace Casemate.Testing.Kubernetes;

/// <summary>A request that the server got.</summary>
/// <param name="Method">The method.</param>
/// <param name="Path">The path without its first slash.</param>
/// <param name="Query">The query's values.</param>
/// <param name="ContentType">The body's media type; empty without one.</param>
/// <param name="Body">The body.</param>
/// <param name="Token">The bearer token; null without one.</param>
public sealed record ApiRequest(
    string Method, string Path, IReadOnlyDictionary<string, string> Query, string ContentType, string Body, string? Token)
{
    /// <summary>The subject of the client's certificate; null without one.</summary>
    public string? Subject { get; init; }

    /// <summary>True for a watch.</summary>
    public bool IsWatch => Query.ContainsKey("watch");
}
