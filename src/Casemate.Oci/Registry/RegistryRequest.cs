namespace Casemate.Oci.Registry;

/// <summary>One request, which may be sent more than once.</summary>
/// <param name="Method">The method.</param>
/// <param name="Address">Where it goes first.</param>
/// <param name="Registry">The registry as references name it: the key of its credentials.</param>
/// <param name="Repository">The repository.</param>
internal sealed record RegistryRequest(HttpMethod Method, Uri Address, string Registry, string Repository)
{
    /// <summary>What the token must allow, such as <c>repository:team/app:pull</c>.</summary>
    public IReadOnlyList<string> Scopes { get; init; } = [];

    /// <summary>The media types that are understood.</summary>
    public IReadOnlyList<string> Accept { get; init; } = [];

    /// <summary>The tag or digest of the manifest that is asked for; null where another thing is.</summary>
    public string? Manifest { get; init; }

    /// <summary>The first byte that is wanted; 0: all.</summary>
    public long From { get; init; }

    /// <summary>Makes the body, anew for each sending; null: none.</summary>
    public Func<HttpContent>? Content { get; init; }

    /// <summary>Makes the message that is sent.</summary>
    public HttpRequestMessage Create(Uri address)
    {
        var message = new HttpRequestMessage(Method, address) { Content = Content?.Invoke() };
        foreach (var type in Accept)
        {
            message.Headers.Accept.ParseAdd(type);
        }

        if (From > 0)
        {
            message.Headers.Range = new(From, null);
        }

        return message;
    }
}
