using System.Net;
using System.Net.Http.Headers;

namespace Casemate.Kubernetes;

/// <summary>One request, which may be sent several times.</summary>
/// <param name="Method">The method.</param>
/// <param name="Path">The path without query; what messages show.</param>
/// <param name="Query">The query with its question mark, or empty.</param>
internal sealed record KubeRequest(HttpMethod Method, string Path, string Query = "")
{
    private static readonly ProductInfoHeaderValue UserAgent = new("casemate", null);

    public ReadOnlyMemory<byte>? Body { get; init; }

    public string ContentType { get; init; } = "application/json";

    /// <summary>The media types that are understood.</summary>
    public string Accept { get; init; } = "application/json";

    /// <summary>True when doing it twice is the same as once.</summary>
    public bool IsRepeatable { get; init; }

    public HttpRequestMessage ToMessage(Uri server)
    {
        var message = new HttpRequestMessage(Method, new Uri(server, Path + Query))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        message.Headers.TryAddWithoutValidation("Accept", Accept);
        message.Headers.UserAgent.Add(UserAgent);
        if (Body is { } body)
        {
            message.Content = new ReadOnlyMemoryContent(body);
            message.Content.Headers.ContentType = new MediaTypeHeaderValue(ContentType);
        }

        return message;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Method} {Path}";
}
