namespace Casemate.Testing.Registry;

/// <summary>One request as the registry saw it.</summary>
public sealed class LoggedRequest
{
    internal LoggedRequest(string method, string path, string query, IReadOnlyDictionary<string, string> headers) =>
        (Method, Path, Query, Headers) = (method, path, query, headers);

    /// <summary>The method.</summary>
    public string Method { get; }

    /// <summary>The path, unescaped.</summary>
    public string Path { get; }

    /// <summary>The query without its question mark.</summary>
    public string Query { get; }

    /// <summary>The headers; names in any case.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; }

    /// <summary>How many bytes of its body were accepted.</summary>
    public long Received { get; internal set; }

    /// <summary>How many bytes of the answer's body were sent.</summary>
    public long Sent { get; internal set; }

    /// <summary>The status of the answer; 0: none was sent.</summary>
    public int Status { get; internal set; }

    /// <summary>The body of a form; null for other requests.</summary>
    public string? Form { get; internal set; }

    /// <summary>A header, or null.</summary>
    public string? Header(string name) => Headers.GetValueOrDefault(name);

    /// <inheritdoc/>
    public override string ToString() => $"{Method} {Path} {Status}";
}
